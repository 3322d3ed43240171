"""The gamma function and its relatives. Formulas: NIST Handbook, chapters 5, 8 and 25."""

from __future__ import annotations

import numpy as np

from autograd_lite.op import op
from autograd_lite.ops.elementwise import add, exp, multiply, negative, subtract
from autograd_lite.ops.special.by_scipy import ANSWERS, no_rule, scipy_op, scipy_special
from autograd_lite.ops.special.entropies import xlog1py, xlogy

__all__ = [
    "beta",
    "betainc",
    "betaln",
    "digamma",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "loggamma",
    "polygamma",
    "psi",
    "zeta",
]


@scipy_op(lambda g, out, x: multiply(g, multiply(out, digamma(x))), domain=(0.3, 4))
def gamma(x, /):
    """Gamma function: ``(x - 1)!`` for positive integers.

    Example:
        >>> gamma(np.array([1.0, 5.0]))
        array([ 1., 24.])
    """


@scipy_op(lambda g, x: multiply(g, digamma(x)), domain=(0.3, 4))
def gammaln(x, /):
    """Logarithm of the size of the gamma function.

    Example:
        >>> gammaln(np.array([1.0, 1000.0]))
        array([   0.        , 5905.22042321])
    """


@scipy_op(lambda g, x: multiply(g, digamma(x)), domain=(0.3, 4))
def loggamma(x, /):
    """The logarithm of the gamma function that is analytic; NaN for negative real numbers.

    Example:
        >>> loggamma(np.array([1.0, 1000.0]))
        array([   0.        , 5905.22042321])
    """


@scipy_op(lambda g, x: multiply(g, polygamma(1, x)), domain=(0.5, 4))
def digamma(x, /):
    """The derivative of ``log(gamma(x))``; `psi` is another name of it.

    Example:
        >>> digamma(np.array([1.0]))
        array([-0.57721566])
    """


@op(
    vjps=(None, lambda g, n, x: multiply(g, polygamma(add(n, 1), x))),
    domain=(0.5, 4),
    broadcasts=True,
)
def polygamma(n, x):
    """The n-th derivative of `digamma`, for integers n.

    Example:
        >>> polygamma(1, np.array([1.0]))
        array([1.64493407])
    """
    return np.asarray(scipy_special().polygamma(n, x), np.result_type(x, np.float32))[()]


@op(
    vjps=(
        no_rule("zeta", "x"),
        lambda g, x, q: multiply(g, multiply(negative(x), zeta(add(x, 1), q))),
    ),
    domain=(1.5, 4),
    broadcasts=True,
)
def zeta(x, q=1.0):
    """Hurwitz zeta function ``sum((k + q)**-x)`` over k from 0 on; Riemann's for q = 1.

    It has a derivative by q only.

    Raises:
        NoRuleError: in the backward pass, if a derivative by x is asked for.

    Example:
        >>> zeta(np.array([2.0]))
        array([1.64493407])
    """
    return scipy_special().zeta(x, q)


def _digamma_less(x, y):
    """``digamma(x) - digamma(x + y)``, the derivative of betaln by x."""
    return subtract(digamma(x), digamma(add(x, y)))


@scipy_op(
    lambda g, a, b: multiply(g, _digamma_less(a, b)),
    lambda g, a, b: multiply(g, _digamma_less(b, a)),
    domain=(0.5, 4),
)
def betaln(a, b, /):
    """Logarithm of the size of the beta function.

    Example:
        >>> betaln(np.array([1.0]), np.array([2.0]))
        array([-0.69314718])
    """


@scipy_op(
    lambda g, out, a, b: multiply(g, multiply(out, _digamma_less(a, b))),
    lambda g, out, a, b: multiply(g, multiply(out, _digamma_less(b, a))),
    domain=(0.5, 4),
)
def beta(a, b, /):
    """Beta function ``gamma(a) * gamma(b) / gamma(a + b)``.

    Example:
        >>> beta(np.array([1.0]), np.array([2.0]))
        array([0.5])
    """


def _beta_density(g, a, b, x):
    powers = add(xlogy(subtract(a, 1), x), xlog1py(subtract(b, 1), negative(x)))
    return multiply(g, exp(subtract(powers, betaln(a, b))))


@scipy_op(
    no_rule("betainc", "a"),
    no_rule("betainc", "b"),
    _beta_density,
    domain=((1, 3), (1, 3), (0.2, 0.8)),
)
def betainc(a, b, x, /):
    """Regularized incomplete beta function, the distribution function of Beta(a, b).

    It has a derivative by x only: the density.

    Raises:
        NoRuleError: in the backward pass, if a derivative by a or b is asked for.

    Example:
        >>> betainc(1.0, 2.0, np.array([0.5]))
        array([0.75])
    """


def _gamma_density(g, a, x):
    logarithm = subtract(subtract(xlogy(subtract(a, 1), x), x), gammaln(a))
    return multiply(g, exp(logarithm))


@scipy_op(no_rule("gammainc", "a"), _gamma_density, domain=(1, 3))
def gammainc(a, x, /):
    """Regularized lower incomplete gamma function, the distribution function of Gamma(a).

    It has a derivative by x only: the density.

    Raises:
        NoRuleError: in the backward pass, if a derivative by a is asked for.

    Example:
        >>> gammainc(1.0, np.array([1.0]))
        array([0.63212056])
    """


@scipy_op(
    no_rule("gammaincc", "a"), lambda g, a, x: negative(_gamma_density(g, a, x)), domain=(1, 3)
)
def gammaincc(a, x, /):
    """``1 - gammainc(a, x)``, accurate where that is small.

    It has a derivative by x only.

    Raises:
        NoRuleError: in the backward pass, if a derivative by a is asked for.

    Example:
        >>> gammaincc(1.0, np.array([1.0]))
        array([0.36787944])
    """


psi = digamma
ANSWERS["psi"] = digamma
