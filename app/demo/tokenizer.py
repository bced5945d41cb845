"""The demo model's tokenizer: byte-level BPE, at most 1,024 tokens and eight tags, one token per digit, Qwen3's chat
format.

It is trained on the generator's own problems and on the pieces of text the run time puts between the streams, so
that those cost few tokens and " yes", " no" and the blank line are single ones. The same seed gives the same tokens.
The pre-tokenizer's pattern is Qwen's (Qwen2 technical report): it keeps a full stop and the newlines after it together,
so a paragraph ends in one token whose text ends in a blank line.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from app.demo.problems import sample_live, sample_problem

VOCABULARY_LIMIT = 1024
CONTEXT_LIMIT_TOKENS = 1024
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")
PARALLEL, OUTLINES, OUTLINE, THREAD = (
    (f"<{name}>", f"</{name}>") for name in ("Parallel", "Outlines", "Outline", "Thread")
)
"""Tags around threads and their outlines, opening and closing (ThreadWeaver, arXiv 2512.07843)."""

RUN_TIME_PIECES = (
    "...\n",
    "...",
    " ...",
    "\n",
    "\n\n",
    "(ready?)",
    "\n\n(ready? yes/no):",
    " yes",
    " no",
    "waiting.\n\n",
    "user\n",
    "assistant\n",
    "system\n",
)
"""The plain text that stands between special tokens at run time, as in `...\\n</think>\\n\\n`."""

_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PROBLEMS = 12_000
_RAREST_PAIR = 10
_CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def build_tokenizer(seed: int, problems: int = _PROBLEMS) -> PreTrainedTokenizerFast:
    """The tokenizer trained on so many problems drawn with this seed (about three seconds)."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(_PATTERN), behavior="isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_LIMIT,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=_RAREST_PAIR,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(seed, problems), trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT_LIMIT_TOKENS,
    )
    add_tags(fast)
    fast.chat_template = _CHAT_TEMPLATE.read_text(encoding="utf-8")
    return fast


def add_tags(tokenizer: PreTrainedTokenizerFast) -> int:
    """Make each tag one token, where it is not yet; changes the tokenizer and returns how many were added."""
    tags = (*PARALLEL, *OUTLINES, *OUTLINE, *THREAD)
    return int(tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in tags]))


def _corpus(seed: int, problems: int) -> Iterator[str]:
    """Questions, thoughts, answers; every fifth problem is heard in pieces, every third brings the run-time pieces."""
    rng = Random(seed)
    for index in range(problems):
        if index % 5:
            problem = sample_problem(rng, held_out=False)
        else:
            problem = sample_live(rng, held_out=False).view(knew=False)
        yield problem.question
        yield "\n\n".join(problem.thoughts) + "\n\n"
        yield "\n\n".join(problem.answer)
        if index % 3 == 0:
            yield from RUN_TIME_PIECES
