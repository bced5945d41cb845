"""Sotto's engine: token streams in, token events out. It knows no sound and no UI.

The one idea: a key is written once, rotated at its block-local position. The same block is read from several views at
different offsets; instead of moving keys, the query is rotated once per (view, block). So one forward pass carries the
thinker's token, the writer's, the words just heard and the gate's question, for all conversations at once.

    from engine import Engine, ModelRunner, load_model, read_prompts

    loaded = load_model("assets/models/demo", "cpu", torch.float32)
    engine = Engine(ModelRunner(loaded.model), loaded.tokenizer, read_prompts(Path("assets/prompts/demo.toml")))
    conversation = engine.open("async")            # raises EngineFull if it could not be served to its end
    conversation.listen("what is 47 plus")         # the words so far: appended, revised, at any time
    conversation.listen("what is 47 plus 38")
    conversation.end_input()                       # now the answer may begin
    while conversation.has_work:
        for event in engine.step(): ...            # tokens of thoughts and answer, the gate's answers, ends

A level below, blocks, views and feeds are for whoever invents a method of their own:

    runner = ModelRunner(loaded.model)
    prompt, thoughts = runner.arena.block("prompt"), runner.arena.block("thoughts")
    runner.run([Feed(View(prompt), [5, 6, 7], logits=Logits.NONE)])
    (logits,) = runner.run([Feed(View(prompt, thoughts), [8])])   # [1, V], float32 or float64

Where to read on: block, arena, view (what is stored, what is seen) → plan, attention, lean, runner (one step) → stream,
methods (who writes what, and when) → context, past, conversation (what the user says and what is remembered) → engine,
schedule (many conversations, one pass). Errors are a tree in errors.py, events in events.py. Units are tokens, steps
and seconds unless a name says otherwise. Shape letters used throughout:

    T  tokens (rows) of a step      H  query heads      V  vocabulary
    C  columns (keys) of a part     K  key/value heads  L  layers
    S  segments (runs of a block)   D  head dim

Sources: Asynchronous Reasoning (arXiv 2512.10931), Hogwild! Inference (arXiv 2504.06261).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.arena import Arena as Arena
    from engine.block import Block as Block
    from engine.conversation import Conversation as Conversation
    from engine.engine import Engine as Engine
    from engine.loading import load_model as load_model
    from engine.methods import METHODS as METHODS
    from engine.methods.base import Turn as Turn
    from engine.methods.thinking import Thinking as Thinking
    from engine.model import EngineSettings as EngineSettings
    from engine.prompts import read_prompts as read_prompts
    from engine.runner import ModelRunner as ModelRunner
    from engine.sampling import Sampling as Sampling
    from engine.view import Feed as Feed
    from engine.view import Logits as Logits
    from engine.view import Sees as Sees
    from engine.view import Slice as Slice
    from engine.view import View as View

_HOMES = {
    "METHODS": "methods",
    "Arena": "arena",
    "Block": "block",
    "Conversation": "conversation",
    "Engine": "engine",
    "EngineSettings": "model",
    "Feed": "view",
    "Logits": "view",
    "ModelRunner": "runner",
    "Sampling": "sampling",
    "Sees": "view",
    "Slice": "view",
    "Thinking": "methods.thinking",
    "Turn": "methods.base",
    "View": "view",
    "load_model": "loading",
    "read_prompts": "prompts",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Public names are loaded on first use, because light commands must not wait for a model library."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"engine.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names, so that `python -m pydoc engine` shows them."""
    return [*globals(), *__all__]
