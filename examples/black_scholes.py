"""All Greeks of an option by `ag.grad` and `ag.hessian`, beside their closed forms.

The Greeks are derivatives of an option's price, worked out on paper in every textbook. Here the
price alone is written down; gradient and Hessian hold the rest, those few people remember included.
They agree to 1e-13 with the textbook's.

python examples/black_scholes.py                      # a table of nine Greeks
python examples/black_scholes.py --plot greeks.png    # and draws six over the price of the share
"""

import argparse

import numpy as np

import autograd_lite as ag

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw Greeks over the price of the share")
parser.add_argument("--quick", action="store_true", help="the same: this takes no time")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does


def below(x):
    """The probability that a standard normal variable is below x."""
    return 0.5 * (1 + ag.erf(x / np.sqrt(2)))


def price(share, years, rate, volatility, strike=100.0):
    """Black and Scholes' price of the right to buy a share for `strike` after so many years."""
    spread = volatility * np.sqrt(years)
    d1 = (np.log(share / strike) + (rate + volatility**2 / 2) * years) / spread
    return share * below(d1) - strike * np.exp(-rate * years) * below(d1 - spread)


def of_vector(x):
    """The same, of a vector, so that one Hessian has all second derivatives."""
    return price(x[0], x[1], x[2], x[3])


SHARE, YEARS, RATE, VOLATILITY = range(4)
GREEKS = {  # by what the price is differentiated; time runs against `years`
    "delta": (1, [SHARE]),
    "theta": (-1, [YEARS]),
    "rho": (1, [RATE]),
    "vega": (1, [VOLATILITY]),
    "gamma": (1, [SHARE, SHARE]),
    "vanna": (1, [SHARE, VOLATILITY]),
    "charm": (-1, [SHARE, YEARS]),
    "volga": (1, [VOLATILITY, VOLATILITY]),
    "veta": (1, [VOLATILITY, YEARS]),
}


def greeks(point):
    """All of them, from one gradient and one Hessian."""
    tables = {1: ag.grad(of_vector)(point), 2: ag.hessian(of_vector)(point)}
    return {name: sign * tables[len(by)][tuple(by)] for name, (sign, by) in GREEKS.items()}


def by_hand(s, t, r, v, k=100.0):
    """The textbook's formulas."""
    root, discount = np.sqrt(t), np.exp(-r * t)
    d1 = (np.log(s / k) + (r + v**2 / 2) * t) / (v * root)
    d2 = d1 - v * root
    density = np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi)
    vega = s * density * root
    return {
        "delta": below(d1),
        "theta": -s * density * v / (2 * root) - r * k * discount * below(d2),
        "rho": k * t * discount * below(d2),
        "vega": vega,
        "gamma": density / (s * v * root),
        "vanna": -density * d2 / v,
        "charm": -density * (2 * r * t - d2 * v * root) / (2 * t * v * root),
        "volga": vega * d1 * d2 / v,
        "veta": -vega * (r * d1 / (v * root) - (1 + d1 * d2) / (2 * t)),
    }


point = np.array([105.0, 0.5, 0.03, 0.25])
ours, textbook = greeks(point), by_hand(*point)
print(
    f"price {of_vector(point):.4f} of a call at 100; share 105, half a year, 3 %, volatility 25 %"
)
print("greek     by autograd_lite      by the textbook   difference")
for name, value in ours.items():
    difference = abs(value - textbook[name])
    print(f"{name:6} {value:18.12f} {textbook[name]:20.12f} {difference:12.0e}")
    if difference > 1e-11 * max(1, abs(value)):
        raise SystemExit(f"{name} is wrong")

if arguments.plot:
    shares = np.linspace(60, 150, 181)
    figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained", sharex=True)
    shown = ("delta", "gamma", "theta", "vega", "vanna", "volga")
    for years, color in ((1, "tab:blue"), (1 / 2, "tab:green"), (1 / 12, "tab:orange")):
        curves = [greeks(np.array([share, years, *point[2:]])) for share in shares]
        for cell, name in zip(axes.ravel(), shown, strict=True):
            values = [curve[name] for curve in curves]
            cell.plot(shares, values, color=color, label=f"{12 * years:.0f}")
            cell.set_title(name)
    for cell in axes.ravel():
        cell.axvline(100, color="0.8", linewidth=1, zorder=0)
        cell.axhline(0, color="0.8", linewidth=1, zorder=0)
        cell.spines[["top", "right"]].set_visible(False)
    for cell in axes[1]:
        cell.set_xlabel("price of the share (strike: 100)")
    axes[0, 0].legend(frameon=False, title="months left")
    figure.suptitle("Greeks of a call, each a derivative of the one function `price`")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
