"""A derivative rule that is wrong is caught, and a kink is told from a mistake.

The rule of an op is a formula somebody wrote, and people err: a sign, a factor, a forgotten term.
`gradcheck` compares rules with differences of the forward function, and says where they part.
"""

import argparse
import textwrap

import numpy as np

import autograd_lite as ag

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help="the same: this takes no time")
parser.parse_args()

x = np.array([0.5, 2.0])


def check(title, f, inputs, order=2):
    """Print what the checker says of a function."""
    print(f"\n{title}")
    try:
        print(textwrap.indent(str(ag.gradcheck(f, inputs, order=order)), "  "))
    except ag.errors.GradientError as error:
        print(textwrap.indent(str(error), "  "))


@ag.op(vjps=(lambda g, x, out: g * (out + x * out * (1 - out)),))
def swish_once(x):
    """``x * sigmoid(x)``, with the derivative of one who took `out` for the sigmoid."""
    return x / (1 + np.exp(-x))


@ag.op(vjps=(lambda g, x, out: g * (out + ag.sigmoid(x) * (1 - out)),))
def swish(x):
    """The same with the right rule."""
    return x / (1 + np.exp(-x))


check("A formula that is wrong:", swish_once, [x])
check("The right one:", swish, [x])


@ag.op(vjps=(lambda g, y: g * y, None))
def scaled(x, y):
    """``x * y``; nobody wrote the rule of y."""
    return x * y


check("A rule that is missing:", scaled, [x, x + 1])


@ag.op(vjps=(lambda g, x: g * np.sin(2 * x.data if isinstance(x, ag.Tensor) else 2 * x),))
def squared_sine(x):
    """``sin(x)**2``, whose rule leaves the graph: right once, wrong when it is differentiated."""
    return np.sin(x) ** 2


check("A rule that is right at first order ...", squared_sine, [x], order=1)
check("... and loses the second:", squared_sine, [x])


@ag.op(vjps=(lambda g, x: g * (ag.sign(x) + 2 * (x == 0)),))
def distance(x):
    """``|x|``, with 2 for the slope at 0: beyond what either side has."""
    return np.abs(x)


# At a kink no formula equals the difference across it: the slope must lie between the two sides.
kinked = np.array([1.0, 0.0, -2.0])
check("A kink, where the rule gives 0, between -1 and 1:", np.abs, [kinked], order=1)
check("The same kink, with a slope that neither side has:", distance, [kinked], order=1)
