"""Sotto's engine: token streams in, token events out. It knows no sound and no UI.

The one idea: a key is written once, rotated at its block-local position. The same block is read from several views at
different offsets; instead of moving keys, the query is rotated once per (view, block). So one forward pass carries the
thinker's token, the writer's, the words just heard and the gate's question, for all conversations at once.

    from engine import Engine, ModelRunner, load_model, read_prompts

    loaded = load_model("assets/models/demo", "cpu", torch.float32)
    engine = Engine(ModelRunner(loaded.model), loaded.tokenizer, read_prompts(path))
    conversation = engine.open("async")
    conversation.listen("what is 47 plus 38")
    conversation.end_input()
    while conversation.has_work:
        for event in engine.step(): ...

Where to read on: block, arena, view (what is stored, what is seen) → plan, attention, runner (one step) → methods (the
policies) → conversation, engine (who runs what). Shape letters used throughout:

    T  tokens (rows) of a step      H  query heads      V  vocabulary
    C  columns (keys) of a part     K  key/value heads  L  layers
    S  segments (runs of a block)   D  head dim

Sources: Asynchronous Reasoning (arXiv 2512.10931), Hogwild! Inference (arXiv 2504.06261).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.block import Block as Block
    from engine.conversation import Conversation as Conversation
    from engine.engine import Engine as Engine
    from engine.engine import EngineSettings as EngineSettings
    from engine.loading import load_model as load_model
    from engine.prompts import read_prompts as read_prompts
    from engine.runner import ModelRunner as ModelRunner
    from engine.sampling import Sampling as Sampling
    from engine.view import Feed as Feed
    from engine.view import Logits as Logits
    from engine.view import Sees as Sees
    from engine.view import Slice as Slice
    from engine.view import View as View

_HOMES = {
    "Block": "block",
    "Conversation": "conversation",
    "Engine": "engine",
    "EngineSettings": "engine",
    "Feed": "view",
    "Logits": "view",
    "ModelRunner": "runner",
    "Sampling": "sampling",
    "Sees": "view",
    "Slice": "view",
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
