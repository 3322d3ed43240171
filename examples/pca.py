"""Principal components, and how much each point turns the first one, by differentiating `eigh`.

Take the eigenvectors of a covariance for a function of the weights of the points. Its derivative
tells what would happen without a point, for all points at once: no refitting. It correlates to
0.9985 with what refitting gives.

python examples/pca.py                   # 60 points, at once
python examples/pca.py --plot pca.png    # and draws whose absence would turn the axis, and how far
"""

import argparse

import numpy as np

import autograd_lite as ag

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw the points by their influence")
parser.add_argument("--points", type=int, default=60)
parser.add_argument("--quick", action="store_true", help="20 points")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

rng = np.random.default_rng(5)
count = 20 if arguments.quick else arguments.points
x = rng.standard_normal((count, 2)) @ np.array([[2.0, 0.9], [-0.35, 0.75]])


def covariance(weights):
    """Of the points, each counted with its weight."""
    share = weights / np.sum(weights)
    away = x - share @ x
    return (away.T * share) @ away


def angle(weights):
    """Of the first principal direction, in degrees; either of its two signs will do."""
    _, directions = np.linalg.eigh(covariance(weights))
    return np.degrees(np.arctan(directions[1, -1] / directions[0, -1]))


def variance(direction):
    """Of the points along a direction of any length."""
    return direction @ covariance(np.ones(count)) @ direction / (direction @ direction)


# The first direction is where the variance is largest: climb.
direction = np.array([1.0, 0.0])
for _ in range(200):
    direction = direction + 0.2 * ag.grad(variance)(direction)
climbed = np.degrees(np.arctan(direction[1] / direction[0]))
value, turns = ag.value_and_grad(angle)(np.ones(count))
print(f"first direction: {climbed:.6f} degrees by climbing, {value:.6f} by eigh")

# Without point i its weight goes from 1 to 0: the angle changes by about minus its derivative.
without = np.array([angle(1 - row) - value for row in np.eye(count)])
print("leaving out     by derivative   by computing anew, in degrees")
for i in np.argsort(-np.abs(turns))[:5]:
    print(f"point {i:2} ({x[i, 0]:5.2f}, {x[i, 1]:5.2f}) {-turns[i]:7.3f} {without[i]:13.3f}")
print(f"correlation over all points: {np.corrcoef(-turns, without)[0, 1]:.4f}")

if arguments.plot:
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=(2, 1)
    )
    limit = np.abs(turns).max()
    dots = left.scatter(
        *x.T,
        c=-turns,
        s=45,
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        edgecolors="0.4",
        linewidth=0.5,
    )
    slope = np.tan(np.radians(value))
    left.axline(x.mean(axis=0), slope=slope, color="0.2", label="first principal direction")
    left.axline(x.mean(axis=0), slope=-1 / slope, color="0.8", linewidth=1, zorder=0)
    left.set(
        title="How far the axis turns without each point",
        xlabel="first number",
        ylabel="second number",
        aspect="equal",
    )
    left.legend(frameon=False, loc="upper left")
    figure.colorbar(dots, ax=left, label="degrees, by derivative", shrink=0.8)
    right.axline((0, 0), slope=1, color="0.8", zorder=0)
    right.plot(-turns, without, "o", color="tab:blue", markersize=4)
    right.set(
        xlabel="by one derivative",
        ylabel="by leaving it out and computing anew",
        title="Degrees, for each point",
    )
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
