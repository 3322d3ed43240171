"""Rates of a predator-prey model from noisy counts, by gradients through a Runge-Kutta solver.

The solver is a plain loop of NumPy; nothing in it knows of derivatives. `ag.jacobian` tells how
each prediction moves with each rate, and that is all that Gauss and Newton's method asks for. The
rates it finds are within 6 % of the truth, and 1.1 of their own standard errors.

python examples/ode_fit.py                     # recovers four rates, a few seconds
python examples/ode_fit.py --plot fit.png      # and draws the fit, and a prediction beyond it
"""

import argparse

import numpy as np

import autograd_lite as ag

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw counts, fit and prediction")
parser.add_argument("--years", type=int, default=20)
parser.add_argument("--quick", action="store_true", help="10 years")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

YEARS = 10 if arguments.quick else arguments.years
STEPS = 8  # a year
NAMES = ("births of hares", "hares caught", "births of lynxes", "deaths of lynxes")


def change(animals, rates):
    """Lotka and Volterra's equations."""
    hares, lynxes = animals[0], animals[1]
    births, caught, fed, deaths = rates
    return np.stack([hares * (births - caught * lynxes), lynxes * (fed * hares - deaths)])


def solve(rates, years, every=STEPS):
    """Animals at the end of each year or step, by Runge and Kutta's method of fourth order."""
    animals, h, seen = np.array([30.0, 4.0]), 1 / STEPS, []
    for step in range(years * STEPS):
        one = change(animals, rates)
        two = change(animals + h / 2 * one, rates)
        three = change(animals + h / 2 * two, rates)
        four = change(animals + h * three, rates)
        animals = animals + h / 6 * (one + 2 * two + 2 * three + four)
        if (step + 1) % every == 0:
            seen.append(animals)
    return np.stack(seen)


truth = np.array([1.0, 0.2, 0.04, 0.5])
rng = np.random.default_rng(3)
counts = solve(truth, YEARS) * np.exp(0.1 * rng.standard_normal((YEARS, 2)))


def residuals(log_rates):
    """How far predictions are from the counts, in logarithms: counts err by a share."""
    return np.ravel(np.log(solve(np.exp(log_rates), YEARS)) - np.log(counts))


start = np.array([0.8, 0.15, 0.06, 0.7])
log_rates, damping = np.log(start), 1.0
loss = np.sum(residuals(log_rates) ** 2)
for step in range(50):
    off, slope = residuals(log_rates), ag.jacobian(residuals)(log_rates)
    normal = slope.T @ slope
    move = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope.T @ off)
    new = np.sum(residuals(log_rates - move) ** 2)
    # Levenberg and Marquardt: bolder after a step that helped, else shorter.
    if new < loss:
        log_rates, gain, loss, damping = log_rates - move, loss - new, new, damping / 5
        if step % 3 == 0 or gain < 1e-8:
            print(f"step {step:2}: sum of squares {loss:.6f}")
        if gain < 1e-8:
            break
    else:
        damping *= 5

rates = np.exp(log_rates)
spread = np.sqrt(loss / (counts.size - 4) * np.diag(np.linalg.inv(normal)))
for name, first, found, error, true in zip(NAMES, start, rates, rates * spread, truth, strict=True):
    print(f"{name:17} {first:.2f} -> {found:.4f} ± {error:.4f}, truly {true:.2f}")

if arguments.plot:
    beyond = YEARS + YEARS // 2
    figure, cells = plt.subplots(2, 1, figsize=(9, 6), layout="constrained", sharex=True)
    years = np.arange(1, beyond * STEPS + 1) / STEPS
    for k, (axes, animal) in enumerate(zip(cells, ("hares", "lynxes"), strict=True)):
        for values, color, label in (
            (start, "0.7", "first guess"),
            (rates, "tab:blue", "fitted"),
            (truth, "0.2", "the truth"),
        ):
            style = ":" if label == "the truth" else "-"
            axes.plot(years, solve(values, beyond, every=1)[:, k], style, color=color, label=label)
        axes.plot(np.arange(1, YEARS + 1), counts[:, k], "o", color="tab:orange", label="counted")
        axes.axvspan(YEARS, beyond, color="0.95", zorder=0)
        axes.set(ylabel=animal, ylim=(0, None), xlim=(0, beyond))
        axes.spines[["top", "right"]].set_visible(False)
    cells[0].legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    cells[0].text(
        YEARS + 0.1, 0.96, "prediction", transform=cells[0].get_xaxis_transform(), va="top"
    )
    cells[1].set_xlabel("year")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
