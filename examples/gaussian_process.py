"""A Gaussian process learns its hyper-parameters from the likelihood, by SciPy and exact gradients.

The likelihood goes through a kernel and a Cholesky factor, and `ag.value_and_grad` through all of
it. SciPy's optimizers want one vector: `ag.ravel_tree` makes it of a dict, and a dict of it again.
The noise, 0.2 in truth, is found to be between 0.118 and 0.202.

python examples/gaussian_process.py                    # fits 37 points, a second; needs SciPy
python examples/gaussian_process.py --plot gp.png      # and draws the curve before and after
"""

import argparse

import numpy as np
from scipy.optimize import minimize

import autograd_lite as ag

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw the fit")
parser.add_argument("--points", type=int, default=40)
parser.add_argument("--quick", action="store_true", help="no more than 30 points")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

rng = np.random.default_rng(1)
true_noise = 0.2
points = 30 if arguments.quick else arguments.points
x = np.sort(rng.uniform(-4, 4, points))
x = x[(x < 0.5) | (x > 2.0)]  # a gap, where the process should be unsure
y = np.sin(2 * x) + 0.3 * x + true_noise * rng.standard_normal(x.size)


def kernel(log, a, b):
    """How much the values at a and b have to do with each other."""
    distance = (a[:, None] - b) / np.exp(log["length"])
    return np.exp(2 * log["height"] - distance**2 / 2)


def factor(log):
    """Cholesky's factor of the covariance of the observations."""
    return np.linalg.cholesky(kernel(log, x, x) + np.exp(2 * log["noise"]) * np.eye(x.size))


def loss(log):
    """Minus the logarithm of the likelihood of y (Rasmussen and Williams, equation 2.30)."""
    root = factor(log)
    white = np.linalg.solve(root, y)
    log_determinant = np.sum(np.log(np.diagonal(root)))
    return 0.5 * white @ white + log_determinant + 0.5 * x.size * np.log(2 * np.pi)


def predict(log, at):
    """Mean and standard deviation of the curve at new places."""
    root = factor(log)
    across = np.linalg.solve(root, kernel(log, x, at))
    mean = across.T @ np.linalg.solve(root, y)
    return mean, np.sqrt(np.exp(2 * log["height"]) - np.sum(across**2, axis=0))


start = {"length": np.log(2.0), "height": 0.0, "noise": np.log(0.5)}
vector, unravel = ag.ravel_tree(start)
found = minimize(ag.value_and_grad(lambda v: loss(unravel(v))), vector, jac=True, method="L-BFGS-B")
learned = unravel(found.x)
curvature = ag.hessian(lambda v: loss(unravel(v)))(found.x)
errors = unravel(np.sqrt(np.diag(np.linalg.inv(curvature))))

print(f"minus log-likelihood: {loss(start):.2f} -> {found.fun:.2f} in {found.nfev} evaluations")
for name, value in learned.items():
    low, middle, high = np.exp(value + np.array([-2, 0, 2]) * errors[name])
    print(f"{name:6} {np.exp(start[name]):.3f} -> {middle:.3f}  ({low:.3f} to {high:.3f})")
print("in brackets: two standard deviations either way, by the inverse of the Hessian")
print(f"the noise in the data was {true_noise}")

if arguments.plot:
    at = np.linspace(-5, 5, 300)
    figure, cells = plt.subplots(
        1, 2, figsize=(11, 4.2), layout="constrained", sharex=True, sharey=True
    )
    for axes, log, title in zip(cells, (start, learned), ("First guess", "Learned"), strict=True):
        mean, deviation = predict(log, at)
        axes.fill_between(
            at,
            mean - 2 * deviation,
            mean + 2 * deviation,
            color="tab:blue",
            alpha=0.15,
            linewidth=0,
            label="two standard deviations either way",
        )
        axes.plot(at, mean, color="tab:blue", label="mean of the process")
        axes.plot(at, np.sin(2 * at) + 0.3 * at, color="0.3", linestyle=":", label="the truth")
        axes.plot(x, y, ".", color="tab:orange", label="observations")
        values = ", ".join(f"{name} {np.exp(value):.2f}" for name, value in log.items())
        axes.set(title=f"{title}: {values}", xlabel="x", xlim=(-5, 5))
        axes.spines[["top", "right"]].set_visible(False)
    cells[0].set_ylabel("y")
    cells[0].legend(frameon=False, loc="lower right")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
