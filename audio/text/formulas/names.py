"""The words for LaTeX commands and signs. Tables only."""

SIGNS = {
    "+": "plus", "-": "minus", "−": "minus", "–": "minus", "=": "equals", "<": "is less than", ">": "is greater than",
    "*": "times", "×": "times", "·": "times", "⋅": "times", "÷": "divided by", "/": "over",
    "≤": "is less than or equal to", "≥": "is greater than or equal to", "≠": "is not equal to",
    "≈": "is approximately", "±": "plus or minus", "∈": "in", "→": "to", "⇒": "implies", "∪": "union",
    "∩": "intersection", "∝": "is proportional to", "∼": "is similar to", "≡": "is equivalent to",
}  # fmt: skip

OPERATORS = {
    "times": "times", "cdot": "times", "ast": "times", "div": "divided by", "pm": "plus or minus",
    "mp": "minus or plus",
    "le": "is less than or equal to", "leq": "is less than or equal to", "leqslant": "is less than or equal to",
    "ge": "is greater than or equal to", "geq": "is greater than or equal to",
    "geqslant": "is greater than or equal to",
    "lt": "is less than", "gt": "is greater than", "ll": "is much less than", "gg": "is much greater than",
    "ne": "is not equal to", "neq": "is not equal to", "approx": "is approximately", "simeq": "is approximately",
    "cong": "is congruent to", "equiv": "is equivalent to", "sim": "is similar to", "propto": "is proportional to",
    "to": "to", "rightarrow": "to", "longrightarrow": "to", "mapsto": "maps to", "gets": "gets", "leftarrow": "gets",
    "Rightarrow": "implies", "implies": "implies", "Longrightarrow": "implies", "iff": "if and only if",
    "Leftrightarrow": "if and only if", "in": "in", "notin": "not in", "ni": "contains", "subset": "is a subset of",
    "subseteq": "is a subset of", "supset": "is a superset of", "cup": "union", "cap": "intersection",
    "setminus": "without",
    "land": "and", "wedge": "and", "lor": "or", "vee": "or", "lnot": "not", "neg": "not", "forall": "for all",
    "exists": "there exists", "therefore": "therefore", "because": "because", "perp": "is perpendicular to",
    "parallel": "is parallel to", "circ": "composed with", "oplus": "plus", "otimes": "times", "bmod": "modulo",
    "mod": "modulo", "colon": "colon", "coloneqq": "is defined as", "nmid": "does not divide",
}  # fmt: skip

OPERANDS = {
    "infty": "infinity", "degree": "degrees", "ldots": "and so on", "dots": "and so on", "cdots": "and so on",
    "vdots": "and so on", "emptyset": "the empty set", "varnothing": "the empty set", "partial": "partial",
    "nabla": "del", "hbar": "h bar", "ell": "l", "angle": "angle", "triangle": "triangle", "aleph": "aleph",
    "Re": "the real part of", "Im": "the imaginary part of", "varepsilon": "epsilon", "vartheta": "theta",
    "varphi": "phi", "varrho": "rho", "varsigma": "sigma", "prime": "prime", "checkmark": "check", "%": "percent",
    "&": "and", "#": "number", "_": "", "euro": "euros", "pounds": "pounds",
}  # fmt: skip

FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "cot": "cotangent", "sec": "secant", "csc": "cosecant",
    "arcsin": "arc sine", "arccos": "arc cosine", "arctan": "arc tangent", "sinh": "hyperbolic sine",
    "cosh": "hyperbolic cosine", "tanh": "hyperbolic tangent", "ln": "the natural log", "log": "log",
    "exp": "exponential",
    "det": "the determinant", "gcd": "the greatest common divisor", "lcm": "the least common multiple",
    "dim": "the dimension",
    "ker": "the kernel", "deg": "the degree", "Pr": "the probability", "arg": "the argument", "sgn": "the sign",
    "rank": "the rank",
}  # fmt: skip

BIG = {
    "sum": "the sum", "prod": "the product", "int": "the integral", "oint": "the contour integral",
    "iint": "the double integral", "iiint": "the triple integral", "bigcup": "the union", "bigcap": "the intersection",
    "coprod": "the coproduct", "max": "the maximum", "min": "the minimum", "sup": "the supremum", "inf": "the infimum",
    "argmax": "the argument of the maximum", "argmin": "the argument of the minimum", "limsup": "the upper limit",
    "liminf": "the lower limit",
}  # fmt: skip

LAYOUT = frozenset(
    {"left", "right", "middle", "quad", "qquad", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits",
    "big",
     "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "Biggl", "Biggr", "hline", "nonumber",
     "notag", "mathstrut", "strut", "smallskip", "medskip", "bigskip", "newline", "allowbreak", "boldsymbol", "bm"}
)  # fmt: skip
WRAPPERS = frozenset(
    {"boxed", "fbox", "mathbf", "mathrm", "mathit", "mathsf", "mathcal", "mathscr", "mathfrak", "underline", "tilde",
     "widetilde", "overrightarrow", "underbrace", "overbrace", "cancel", "phantom", "mathop"}
)  # fmt: skip
ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "dot": "dot", "ddot": "double dot"}
TEXTS = frozenset({"text", "textbf", "textit", "textrm", "textsf", "texttt", "mbox", "hbox", "operatorname", "mathrm"})
NUMBER_SETS = {
    "R": "the real numbers", "N": "the natural numbers", "Z": "the integers", "Q": "the rational numbers",
    "C": "the complex numbers",
}  # fmt: skip
MATRICES = {
    "matrix": "matrix", "pmatrix": "matrix", "bmatrix": "matrix", "Bmatrix": "matrix", "smallmatrix": "matrix",
    "vmatrix": "the determinant", "Vmatrix": "norm of the matrix",
}  # fmt: skip
FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
CALLABLE_LETTERS = frozenset("fghFGP")
"""What these stand before in parentheses is an argument: "f of x"; after others it is a factor."""
SPOKEN_LETTERS = {"a": "eigh", "A": "eigh"}
"""As MathPlayer spells it: a voice takes the letter for the article."""
ARITY = {"sqrt": 1, "vec": 1, "mathbb": 1} | dict.fromkeys(FRACTIONS | BINOMIALS, 2)
ARITY |= dict.fromkeys(WRAPPERS | set(ACCENTS), 1)
