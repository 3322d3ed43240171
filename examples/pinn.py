"""A net that solves a differential equation, to a relative error of 0.0008.

Burgers' equation ``u_t + u u_x = v u_xx`` makes a steep front of a sine. The net ``u(t, x)`` sees
no solution: its loss is by how much it misses the equation at points of the plane, by derivatives
of the net, the second one included. L-BFGS makes it small. Cole and Hopf's exact solution is the
judge.

python examples/pinn.py                    # 2000 iterations, 20 seconds
python examples/pinn.py --plot front.png   # and draws both, and the error
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw the solution, and the error")
parser.add_argument("--iterations", type=int, default=2000)
parser.add_argument("--quick", action="store_true", help="10 iterations")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

VISCOSITY = 0.05
ag.set_seed(0)
ag.set_default_dtype("float64")  # L-BFGS lives on small differences
model = nn.Sequential([layers.Dense(20, activation="tanh") for _ in range(3)] + [layers.Dense(1)])
model.build((None, 2))


def solution(t, x):
    """The net times what makes it 0 at x = -1 and 1, and -sin(pi x) at t = 0."""
    return -np.sin(np.pi * x) + t * (1 - x**2) * model(np.stack([t, x], axis=1))[:, 0]


def miss(t, x):
    """By how much the net misses the equation, at each point."""
    u = solution(t, x)
    # Each point has its own u, so that the gradient of the sum has all derivatives at once.
    u_t, u_x = ag.gradients(u.sum(), [t, x], create_graph=True)
    (u_xx,) = ag.gradients(u_x.sum(), [x], create_graph=True)
    return u_t + u * u_x - VISCOSITY * u_xx


rng = np.random.default_rng(0)
t = ag.tensor(rng.random(1000), requires_grad=True)
x = ag.tensor(rng.uniform(-1, 1, 1000), requires_grad=True)
optimizer = nn.optimizers.LBFGS(model.parameters(), max_iterations=10, history_size=50)
total = 10 if arguments.quick else arguments.iterations
for done in range(10, total + 1, 10):
    loss = optimizer.step(lambda: np.mean(miss(t, x) ** 2))
    if done % 200 == 0 or done == total:
        print(f"iteration {done}: mean square of what is missed {loss:.2e}")


def exact(t, x):
    """Cole and Hopf's solution, by Gauss and Hermite's quadrature."""
    nodes, weights = np.polynomial.hermite.hermgauss(80)
    y = x[..., None] - np.sqrt(4 * VISCOSITY * t[..., None]) * nodes
    weights = weights * np.exp(-np.cos(np.pi * y) / (2 * np.pi * VISCOSITY))
    return -np.sum(weights * np.sin(np.pi * y), -1) / np.sum(weights, -1)


times, places = np.meshgrid(np.linspace(0, 1, 101), np.linspace(-1, 1, 201), indexing="ij")
truth = exact(times, places)
with ag.no_grad():
    found = solution(times.ravel(), places.ravel()).data.reshape(truth.shape)
error = np.linalg.norm(found - truth) / np.linalg.norm(truth)
print(f"relative error {error:.1e}, largest {np.abs(found - truth).max():.1e}")

if arguments.plot:
    figure, cells = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    extent = (0, 1, -1, 1)
    image = cells[0].imshow(
        found.T, extent=extent, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1
    )
    cells[0].plot(t.data, x.data, ".", color="0.3", markersize=1)
    cells[0].set(title="u by the net, and its points", xlabel="t", ylabel="x")
    figure.colorbar(image, ax=cells[0])
    for row in (0, 25, 50, 100):
        line = cells[1].plot(places[row], found[row], label=f"t = {times[row, 0]:.2f}")[0]
        cells[1].plot(places[row, ::8], truth[row, ::8], ".", color=line.get_color())
    cells[1].set(title="the front: net (lines), exact (dots)", xlabel="x", ylabel="u")
    cells[1].spines[["top", "right"]].set_visible(False)
    cells[1].legend(frameon=False)
    image = cells[2].imshow(
        np.log10(np.abs(found - truth).T + 1e-12),
        extent=extent,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=-5,
        vmax=-2,
    )
    cells[2].set(title="log10 of the error", xlabel="t", ylabel="x")
    figure.colorbar(image, ax=cells[2], extend="both")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
