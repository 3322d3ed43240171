"""Where NaN and infinity come from, op by op, and what is done about it: texts for messages."""

from __future__ import annotations

WHERE_CURE = (
    "the side that is not chosen is computed too, and 0 * infinity is NaN:\n"
    "where(ok, f(where(ok, x, safe)), other)"
)

_DOMAIN = ";\nwhere(ok, f(where(ok, x, safe)), other) if such entries are meant to be left out"
_ROOT = "a negative number has no real root: sqrt(maximum(x, 0)) if it is rounding"
_LOG = (
    "the logarithm of 0 is -infinity, of a negative number NaN: log(maximum(x, 1e-7)),\n"
    "or log_softmax, log1p or a loss from logits instead of the log of a rounded probability"
)
_ARC = "the argument is beyond -1 or 1: clip(x, -1, 1) if it is rounding"
_EXP = "exp overflows: subtract the maximum first, as softmax and log_softmax do"
_EMPTY = "the mean of no entries is NaN: look for an empty axis"

_FORWARD = {
    "sqrt": _ROOT + _DOMAIN,
    **dict.fromkeys(("log", "log2", "log10", "log1p"), _LOG + _DOMAIN),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), _ARC + _DOMAIN),
    "arccosh": "the argument is below 1: maximum(x, 1) if it is rounding" + _DOMAIN,
    **dict.fromkeys(
        ("power", "float_power"),
        "a negative base has no real power with a fractional exponent, and 0 none with a\n"
        "negative one: absolute(x)**y, or an integer exponent" + _DOMAIN,
    ),
    **dict.fromkeys(
        ("divide", "remainder", "fmod", "floor_divide", "reciprocal"),
        "a division by zero, 0 / 0 if NaN: x / where(ok, y, 1), or y + epsilon",
    ),
    "multiply": "0 * infinity: an argument overflowed before; detect_anomaly(inf=True) says where",
    **dict.fromkeys(
        ("add", "subtract", "sum", "cumsum"),
        "infinity - infinity, or overflow; detect_anomaly(inf=True) says where it became infinite",
    ),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), _EXP),
    **dict.fromkeys(("mean", "var", "std"), _EMPTY),
}
_MATMUL = "infinity among the inputs, or overflow: scale the inputs or clip gradients"

_SLOPE = {
    "sqrt": (
        "the slope of sqrt at 0 is infinite: np.linalg.norm(x) for sqrt(sum(x * x)) has 0 there;\n"
        "else sqrt(x + epsilon)"
    ),
    **dict.fromkeys(("log", "log2", "log10"), "1 / x at 0: log(maximum(x, 1e-7))"),
    **dict.fromkeys(("divide", "reciprocal"), "1 / y at 0: x / where(ok, y, 1), or y + epsilon"),
    "power": (
        "the slope of x**y at 0 is infinite for y < 1, and log(x) is NaN for x < 0:\n"
        "keep x away from 0, or make y a plain number"
    ),
    **dict.fromkeys(
        ("arcsin", "arccos", "arctanh", "arccosh"),
        "its slope is infinite at the ends of its domain: clip a little inside of them",
    ),
    "multiply": "0 * infinity in `g * x`: an argument overflowed in the forward pass",
    "cbrt": "the slope of cbrt at 0 is infinite: keep x away from 0",
}


def forward_cure(op: str) -> str:
    """What helps against NaN or infinity in the result of an op."""
    return _FORWARD.get(op, _MATMUL if op in ("matmul", "dot", "einsum") else _ELSE)


def slope_cure(op: str) -> str:
    """What helps against NaN or infinity in the gradient of an op."""
    return _SLOPE.get(op, _ELSE)


_ELSE = "look at the inputs above; detect_anomaly(inf=True) says where infinities begin"
