"""What in a text belongs together and must not be cut: thoughts, code, formulas, links, bold runs. Patterns only.

Each pattern has a closed form; the open form is one that the text ends in. Sources: markdown's own rules, and pandoc's
for dollar signs (no space inside, no digit behind).
"""

THOUGHT_NAMES = (
    r"(?:seed:)?think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis|tool_?calls?|tool_?responses?"
    r"|tool_?results?|tool_use|function_?calls?|function_?results?|invoke"
)
"""Elements whose inside is never meant for a listener."""

THOUGHT_OPENS = (
    rf"<\s*(?:{THOUGHT_NAMES})\b|\[(?:THINK|TOOL_CALLS?|TOOL_RESULTS?)\]|◁think▷"
    r"|<\|(?:START|begin_of)_(?:THINKING|thought|ACTION)\|>|<\|channel\|?>\s*(?:analysis|commentary|thought)\b"
)
THOUGHT_CLOSES = (
    rf"<\s*/\s*(?:{THOUGHT_NAMES})\b\s*>?|\[/(?:THINK|TOOL_CALLS?|TOOL_RESULTS?)\]|◁/think▷"
    r"|<\|(?:END|end_of)_(?:THINKING|thought|ACTION)\|>|<channel\|>|<\|(?:end|return|start|call)\|>|(?=<\|channel\|>\s*final)"
)
FENCE, FENCE_OPEN = r"```.*?```|~~~.*?~~~", r"(?:```|~~~)"
CODE = r"`[^`\n]+`"
_INLINE = r"(?:[^$\n\\]|\\.)"
FORMULA = rf"\$\$.+?\$\$|\\\[.+?\\\]|\\\(.+?\\\)|(?<![\\\w$])\$(?![\s$]){_INLINE}*?(?<!\s)\$(?![\d\w$])"
FORMULA_OPEN = (
    r"\$\$|\\\[|\\\(|(?<![\\\w$])\$(?=[^\s\d$]|\Z)[^$\n]*\Z"
    r"|(?<![\\\w$])\$\d(?:\\[A-Za-z]+|\\.|[A-Za-z](?![A-Za-z])|[^A-Za-z$\\\n])*\\?\Z"
)
ENVIRONMENT, ENVIRONMENT_OPEN = r"\\begin\{(?P<environment>\w+\*?)\}.+?\\end\{(?P=environment)\}", r"\\begin\{"
BARE = r"\\(?:boxed|fbox|[dt]?frac|sqrt)\s*(?:\[\w+\])?(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})+"
BARE_OPEN = r"\\(?:boxed|fbox|[dt]?frac|sqrt)\b"
LINK = r"!?\[[^\]\n]*\]\([^)\n]*\)"
LINK_OPEN = r"\[[^\]\n]*(?:\]|\]\([^)\n]*)?\Z"
BOLD, BOLD_OPEN = r"\*\*[^*\n]+\*\*", r"\*\*[^*\n]*\*?\Z"
PLAIN_WORDS = r"(?<![\\A-Za-z{])[A-Za-z]{3,}\s+[A-Za-z]{2,}"
"""Two words in a row: between two dollar signs these are prose and prices, not a formula."""
