"""Metrics for Prometheus: requests, tokens, conversations, memory, and the delays of design's names as histograms.

A registry of its own for every server, so that nothing is global. Times are seconds here, as Prometheus has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.api.course import Course, FinishReason
from app.latency import NAMES
from engine.engine import Engine

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)
STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)
CHAT, REALTIME = "chat", "realtime"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The engine between two steps. Room is counted in tokens of keys and values."""

    conversations: int
    steps: int
    used_tokens: int
    reserved_tokens: int
    capacity_tokens: int


def engine_facts(engine: Engine) -> EngineFacts:
    """On the engine's thread."""
    arena = engine.runner.arena
    return EngineFacts(
        conversations=len(engine.conversations),
        steps=engine.steps,
        used_tokens=arena.used_tokens,
        reserved_tokens=arena.reserved_tokens,
        capacity_tokens=arena.capacity_tokens,
    )


class _EngineCollector(Collector):
    """Tells the facts it was given last; None: the engine does not answer."""

    facts: EngineFacts | None = None

    def collect(self) -> Iterator[Metric]:
        facts = self.facts
        yield GaugeMetricFamily("sotto_engine_up", "1 if the engine answers", float(facts is not None))
        if facts is None:
            return
        yield GaugeMetricFamily("sotto_conversations", "conversations open in the engine", facts.conversations)
        yield CounterMetricFamily("sotto_engine_steps", "forward passes", facts.steps)
        room = GaugeMetricFamily("sotto_kv_tokens", "room for keys and values, in tokens", labels=["state"])
        room.add_metric(["used"], facts.used_tokens)
        room.add_metric(["reserved"], facts.reserved_tokens)
        room.add_metric(["capacity"], facts.capacity_tokens)
        yield room


class Metrics:
    """All of them; made once for a server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._engine = _EngineCollector()
        registry.register(self._engine)
        self._requests = Counter("sotto_requests", "HTTP requests", ["route", "status"], registry=registry)
        self._errors = Counter("sotto_errors", "refused or failed requests, by code", ["code"], registry=registry)
        self._durations = Histogram(
            "sotto_request_seconds", "whole HTTP requests", ["route"], buckets=SECONDS, registry=registry
        )
        self._completions = Counter(
            "sotto_completions", "completions by how they ended", ["method", "outcome"], registry=registry
        )
        self._tokens = Counter(
            "sotto_tokens", "tokens read (prompt), thought and answered", ["kind", "method"], registry=registry
        )
        self._delays = {name: _delay(name, registry) for name in NAMES}

    def request(self, route: str, status: int, duration_s: float, code: str | None) -> None:
        """A request was answered. code: of its error, if it was refused."""
        self._requests.labels(route, str(status)).inc()
        self._durations.labels(route).observe(duration_s)
        if code is not None:
            self._errors.labels(code).inc()

    def completion(self, method: str, course: Course, prompt_tokens: int) -> None:
        """A completion is over, or was given up."""
        self._completions.labels(method, outcome(course)).inc()
        counts = {"prompt": prompt_tokens, "thoughts": course.thought_tokens, "answer": course.answer_tokens}
        for kind, count in counts.items():
            self._tokens.labels(kind, method).inc(count)
        self.delays(CHAT, course.moments.delays())

    def delays(self, door: str, delays: Mapping[str, float]) -> None:
        """The delays of one turn, in milliseconds or steps by their names (app.latency)."""
        for name, value in delays.items():
            self._delays[name].labels(door).observe(value if name.startswith("steps") else value / 1000)

    def exposition(self, facts: EngineFacts | None) -> bytes:
        """Everything, in Prometheus' text format. facts: None if the engine does not answer."""
        self._engine.facts = facts
        return generate_latest(self._registry)


def outcome(course: Course) -> str:
    """How a completion ended: stop, length, failed, or cancelled by a caller that left."""
    if course.finish is None:
        return "cancelled"
    return course.finish.value if isinstance(course.finish, FinishReason) else "failed"


def _delay(name: str, registry: CollectorRegistry) -> Histogram:
    steps = name.startswith("steps")
    title = f"sotto_{name}" if steps else f"sotto_{name}_seconds"
    about = f"{name} of a turn, in steps of the engine" if steps else f"{name} of a turn"
    return Histogram(title, about, ["door"], buckets=STEPS if steps else SECONDS, registry=registry)
