"""What no listener may ever hear: thoughts, tool calls and control tokens that a model wrote into its answer.

Thoughts are a stream of their own and do not come here; this is for what a model writes all the same, in the tags of
any family, whole, torn, or without their other half. When in doubt it is silent. A tag that is only mentioned, in
backticks, opens nothing.
"""

import re

from audio.text.spans import FENCE, FENCE_OPEN, TAG_MENTIONED, THOUGHT_CLOSES, THOUGHT_NAMES, THOUGHT_OPENS
from audio.text.speakable.rules import PRIVATE_USE, rule

_NAMES = (
    "think", "thinking", "thought", "tool_call", "tool_response", "im_start", "im_end", "endoftext", "eot_id",
    "start_header_id", "end_header_id",
    "start_of_turn", "end_of_turn", "channel", "message", "return",
)  # fmt: skip
_TORN = "|".join(sorted({re.escape(name[:length]) for name in _NAMES for length in range(1, len(name) + 1)}))
_ROLE = r"(?:system|user|assistant|model|tool|developer|human|bot)?"

RULES = (
    rule(PRIVATE_USE),
    rule(FENCE, " "),
    rule(TAG_MENTIONED, " ", flags=re.IGNORECASE),
    rule(rf"(?:{THOUGHT_OPENS}).*?(?:{THOUGHT_CLOSES}|\Z)", " ", flags=re.IGNORECASE),
    rule(
        rf"\A.*(?:<\s*/\s*(?:{THOUGHT_NAMES})\b\s*>?|\[/(?:THINK|TOOL_\w+)\]|◁/think▷|<channel\|>"
        r"|<\|(?:END|end_of)_(?:THINKING|thought|ACTION)\|>)",
        flags=re.IGNORECASE,
    ),
    rule(rf"{FENCE_OPEN}.*\Z", " "),
    rule(r"<\|start_header_id\|>.*?(?:<\|end_header_id\|>|\Z)", " "),
    rule(rf"<\|(?:im_start|start|user|assistant|system)\|>\s*{_ROLE}\b|<start_of_turn>\s*{_ROLE}\b", " "),
    rule(r"<\|channel\|?>\s*\w+|<\|constrain\|>\s*\w+", " "),
    rule(r"<[|｜][^<>\n]{0,60}?[|｜]?>|<[^<>\s|]{1,40}[|｜]>|<\s*[|｜]\s*/?[\w▁ :.-]{1,40}(?:[|｜]>?|$)", " "),
    rule(r"</?(?:s|bos|eos|pad|unk|mask|sep|cls|start_of_turn|end_of_turn|end_of_utterance|start_of_image)>", " "),
    rule(r"\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|IMG)\]|<</?SYS>>", " "),
    rule(rf"<[|｜]?/?\s*(?:{_TORN})?[|｜]?\s*\Z", " ", flags=re.IGNORECASE),
)
