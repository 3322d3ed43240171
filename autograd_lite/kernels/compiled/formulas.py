"""Functions of a `Vec`: exp, log, tanh, sigmoid, erf, sin, cos.

Each is one formula for float32 and float64; the tables hold what differs. Polynomials are minimax
and Chebyshev fits, but those of log, which are fdlibm's. References: Cody and Waite, Software
Manual for the Elementary Functions; Muller et al., Handbook of Floating-Point Arithmetic, chapter
11; Sun's fdlibm, e_log.c, e_rem_pio2.c, k_sin.c and k_cos.c.
"""

import math
from typing import NamedTuple


class _Exp(NamedTuple):
    magic: float  # adding it leaves the nearest integer, plus the exponent's bias, in the low bits
    shift: int
    half: float
    lowest: float
    lowest_normal: float
    highest: float
    log2_high: float
    log2_low: float
    series: tuple  # (exp(r) - 1 - r) / r**2 on [-log(2) / 2, log(2) / 2], highest power first


_EXP = {
    32: _Exp(
        magic=1.5 * 2.0**23 + 127,
        shift=23,
        half=64,
        lowest=-104.0,
        lowest_normal=-87.0,
        highest=88.8,
        log2_high=0.693145751953125,
        log2_low=1.42860682030941723e-6,
        series=(1.395050477e-3, 8.368889192e-3, 4.166620555e-2, 1.666651884e-1, 5.000000095e-1),
    ),
    64: _Exp(
        magic=1.5 * 2.0**52 + 1023,
        shift=52,
        half=512,
        lowest=-746.0,
        lowest_normal=-708.0,
        highest=709.8,
        log2_high=6.93147180369123816490e-01,
        log2_low=1.90821492927058770002e-10,
        series=(
            2.51179110834837239e-8,
            2.76312786819003603e-7,
            2.75572161228396105e-6,
            2.48014899473753652e-5,
            1.98412699176060997e-4,
            1.38888889470103597e-3,
            8.33333333330709213e-3,
            4.16666666665154422e-2,
            1.66666666666666993e-1,
            5.00000000000001274e-1,
        ),
    ),
}


def _polynomial(x, coefficients):
    result = x.lift(coefficients[0])
    for coefficient in coefficients[1:]:
        result = result.fma(x, coefficient)
    return result


def _power_of_two(biased, table):
    """2**n from `n + magic`, which holds n and the exponent's bias in its low bits."""
    return (biased.as_bits() << table.shift).as_floats()


def _reduced(x, table):
    """`x = n log(2) + r`: returns n with magic added, r without its last bits, exp(r) - 1 - r.

    The last bits of r go into the third, which is small, so that its rounding does no harm.
    """
    biased = x.fma(1 / math.log(2), table.magic)
    n = biased - table.magic
    r, last_bits = n.fma(-table.log2_high, x), n * -table.log2_low
    full = r + last_bits
    return biased, r, (full * full).fma(_polynomial(full, table.series), last_bits)


def exp(x):
    """The exponential: that of the rest r of a division by log(2), times a power of two.

    The power is applied in two steps of which the second is a constant, since it may exceed the
    range that the result is in.
    """
    table = _EXP[x.bits]
    x = x.at_least(table.lowest).at_most(table.highest)
    biased, r, rest = _reduced(x, table)
    small = x < 0.0
    step = x.lift(table.half).where(small, -table.half)
    result = (rest + r + 1.0) * _power_of_two(biased + step, table)
    return result * x.lift(2.0**-table.half).where(small, 2.0**table.half)


def exp_below(x):
    """`exp` for x up to 1, cheaper, within 1.1 ulp: softmax subtracts a maximum first."""
    table = _EXP[x.bits]
    x = x.at_least(table.lowest)
    biased = x.fma(1 / math.log(2), table.magic)
    n = biased - table.magic
    r = n.fma(-table.log2_low, n.fma(-table.log2_high, x))
    power = (r * r).fma(_polynomial(r, table.series), r) + 1.0
    return power * _power_of_two(biased + table.half, table) * 2.0**-table.half


# (tanh(x) - x) / x**3 as a polynomial in x**2 below _TANH_SMALL, highest power first.
_TANH_SMALL = 0.55
_TANH = {
    32: (-6.273489087e-3, 2.107118102e-2, -5.385219744e-2, 1.333258515e-1, -3.333331753e-1),
    64: (
        -2.05981354357703850e-05,
        8.51064728764255657e-05,
        -2.34630675245267329e-04,
        5.88934682591759967e-04,
        -1.45566155227673955e-03,
        3.59211034393125492e-03,
        -8.86323439517799905e-03,
        2.18694884935526253e-02,
        -5.39682539674315107e-02,
        1.33333333333327114e-01,
        -3.33333333333333315e-01,
    ),
}


def tanh(x):
    """Odd: x + x**3 P(x**2) where that is below 1/2, 1 - 2 / (e**2x + 1) beyond.

    Both are a small correction to a number that is exact.
    """
    table = _EXP[x.bits]
    size = abs(x).at_most(22.0)
    doubled = size + size
    biased = doubled.fma(1 / math.log(2), table.magic)
    r = (biased - table.magic).fma(-math.log(2), doubled)
    scale = _power_of_two(biased, table)
    large = 1.0 - 2.0 / scale.fma((r * r).fma(_polynomial(r, table.series), r), scale + 1.0)
    square = size * size
    small = (square * size).fma(_polynomial(square, _TANH[x.bits]), size)
    return small.where(size < _TANH_SMALL, large).with_sign_of(x)


def sigmoid(x):
    """1 / (1 + e**-x). Where e**-x would overflow, both terms of the sum are scaled down."""
    table = _EXP[x.bits]
    x = x.at_least(table.lowest).at_most(-table.lowest_normal)
    biased, r, rest = _reduced(-x, table)
    far = x < -table.half / 2
    scale = _power_of_two(biased - x.lift(table.half).where(far, 0.0), table)
    one = x.lift(2.0**-table.half).where(far, 1.0)
    whole = scale + one
    lost = one - (whole - scale)
    return one / (scale.fma(r + rest, lost) + whole)


class _Log(NamedTuple):
    tiny: float  # smallest normal number
    up: int  # powers of two that make a subnormal number normal
    one: int  # the bits of 1.0
    middle: int  # the bits of sqrt(1/2)
    mantissa: int
    shift: int
    bias: int
    integer: float  # from here on, the spacing of numbers is one
    log2_high: float
    log2_low: float
    series: tuple


_LOG = {
    32: _Log(
        tiny=2.0**-126,
        up=25,
        one=0x3F800000,
        middle=0x3F3504F3,
        mantissa=0x007FFFFF,
        shift=23,
        bias=127,
        integer=2.0**23,
        log2_high=6.9313812256e-01,
        log2_low=9.0580006145e-06,
        series=(0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693),
    ),
    64: _Log(
        tiny=2.0**-1022,
        up=54,
        one=0x3FF0000000000000,
        middle=0x3FE6A09E667F3BCD,
        mantissa=0x000FFFFFFFFFFFFF,
        shift=52,
        bias=1023,
        integer=2.0**52,
        log2_high=6.93147180369123816490e-01,
        log2_low=1.90821492927058770002e-10,
        series=(
            1.479819860511658591e-01,
            1.531383769920937332e-01,
            1.818357216161805012e-01,
            2.222219843214978396e-01,
            2.857142874366239149e-01,
            3.999999999940941908e-01,
            6.666666666666735130e-01,
        ),
    ),
}


def log(x):
    """With x = 2**k * (1 + f) and 1 + f in [sqrt(1/2), sqrt(2)], k * log 2 + log of 1 + f."""
    table = _LOG[x.bits]
    subnormal = x < table.tiny
    bits = (x * 2.0**table.up).where(subnormal, x).as_bits()
    moved = bits + (table.one - table.middle)
    k = ((moved >> table.shift) | x.lift(table.integer).as_bits()).as_floats()
    bias = table.integer + table.bias
    k = k - x.lift(bias + table.up).where(subnormal, bias)
    f = ((moved & table.mantissa) + table.middle).as_floats() - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = f * 0.5 * f
    rest = s * z.fma(_polynomial(z, table.series), half_square)
    result = k.fma(table.log2_high, f - (half_square - k.fma(table.log2_low, rest)))
    result = result.where(x < math.inf, math.inf)
    return result.where(x > 0.0, x.lift(-math.inf).where(x.equals(0.0), math.nan))


class _Erf(NamedTuple):
    middle: float  # where one polynomial takes over from the other
    one: float  # from here on, erf is 1
    small: tuple  # erf(x) / x - 1 in x**2, below the middle
    large: tuple  # log(erfc(x)) / x + 1 in x, from there to `one`


_ERF = {
    32: _Erf(
        middle=0.95,
        one=4.0,
        small=(
            8.215117850e-05,
            -8.105881861e-04,
            5.197788589e-03,
            -2.685810067e-02,
            1.128367260e-01,
            -3.761263192e-01,
            1.283791661e-01,
        ),
        large=(
            -1.260753015e-05,
            3.366008459e-04,
            -3.698704066e-03,
            2.388144657e-02,
            -1.063760966e-01,
            -6.350666881e-01,
            -1.286694556e-01,
        ),
    ),
    64: _Erf(
        middle=0.95,
        one=6.0,
        small=(
            -8.1506852914899186e-10,
            1.3897306507252128e-08,
            -1.6246669835643785e-07,
            1.6452066733012389e-06,
            -1.4925086671599736e-05,
            1.2055311798323082e-04,
            -8.5483264981035692e-04,
            5.2239776171702059e-03,
            -2.6866170644362027e-02,
            1.1283791670951428e-01,
            -3.7612638903183682e-01,
            1.2837916709551256e-01,
        ),
        large=(
            1.6355586057624164e-12,
            -7.2081636247983228e-11,
            1.4877493324858635e-09,
            -1.9098311920761408e-08,
            1.7059087800065246e-07,
            -1.1214377043376559e-06,
            5.5730893195806563e-06,
            -2.0982005494296993e-05,
            5.7697654199169297e-05,
            -9.8926699509872777e-05,
            6.5968709336161460e-06,
            5.6745794182483660e-04,
            -1.6854676309863070e-03,
            2.0666931145875688e-04,
            1.9127918313488861e-02,
            -1.0277194864348184e-01,
            -6.3661999025605198e-01,
            -1.2837913935111370e-01,
        ),
    ),
}


def erf(x):
    """Odd: x + x P(x**2) where that is small, else 1 - e**(x Q(x) - x), which is 1 - erfc(x)."""
    table = _ERF[x.bits]
    size = abs(x).at_most(table.one)
    small = (_polynomial(size * size, table.small) * size) + size
    large = 1.0 - exp_below(_polynomial(size, table.large).fma(size, -size))
    return small.where(size < table.middle, large).with_sign_of(x)


class _Turn(NamedTuple):
    magic: float  # adding it leaves the nearest integer in the low bits
    quarter: tuple  # pi / 2 in parts; products of all but the last with an integer are exact
    sine: tuple  # (sin(r) / r - 1) / r**2 in r**2, for r up to pi / 4
    cosine: tuple  # (cos(r) - 1 + r**2 / 2) / r**4 in r**2


_TURN = {
    32: _Turn(
        magic=1.5 * 2.0**23,
        quarter=(
            1.5703125,
            0.0004837512969970703,
            7.549533620476723e-08,
            2.5633440682570896e-12,
        ),
        sine=(-1.951632439e-04, 8.332170546e-03, -1.666665524e-01),
        cosine=(2.443857738e-05, -1.388736884e-03, 4.166664556e-02),
    ),
    64: _Turn(
        magic=1.5 * 2.0**52,
        quarter=(
            1.5707963267341256,
            6.077094383272197e-11,
            6.12323399538461e-17,
            3.5215598651832e-27,
        ),
        sine=(
            1.589650531981084e-10,
            -2.5050753244864547e-08,
            2.7557313661802374e-06,
            -1.984126982972449e-04,
            8.333333333322316e-03,
            -1.6666666666666632e-01,
        ),
        cosine=(
            -1.1359473618701282e-11,
            2.0875720059017756e-09,
            -2.7557314329758427e-07,
            2.4801587289407256e-05,
            -1.3888888888874008e-03,
            4.16666666666666e-02,
        ),
    ),
}
# Beyond, by bytes of a number, an argument has too many quarter turns for `_TURN.quarter`.
TURN_LIMIT = {4: 6000.0, 8: 1.6e6}


def _turned(x, quarters):
    """sin(x + quarters * pi / 2).

    The argument less a whole number of quarter turns is r and its last bits. The number's lowest
    bit says whether its sine or cosine is wanted, the next one whether the sign is to change.
    """
    table = _TURN[x.bits]
    biased = x.fma(2 / math.pi, table.magic)
    n = biased - table.magic
    first, second, third, last = table.quarter
    near = n.fma(-second, n.fma(-first, x))
    r = n.fma(-third, near)
    last_bits = n.fma(-last, n.fma(-third, near - r))
    square = r * r
    half = square * 0.5
    lead = 1.0 - half
    sine = (square * r).fma(_polynomial(square, table.sine), last_bits * lead) + r
    lost = (1.0 - lead) - half
    cosine = (square * square).fma(_polynomial(square, table.cosine), lost - r * last_bits) + lead
    turns = biased.as_bits() + quarters
    result = sine.where((turns & 1).equals(0), cosine)
    return (result.as_bits() ^ ((turns & 2) << (x.bits - 2))).as_floats()


def sin(x):
    """The sine, of arguments up to `TURN_LIMIT`; keeps the sign of zeros."""
    return x.where(x.equals(0.0), _turned(x, 0))


def cos(x):
    """The cosine, of arguments up to `TURN_LIMIT`."""
    return _turned(x, 1)
