"""The picture that `mnist.py --plot` draws."""

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
except ImportError as error:
    raise SystemExit('--plot needs matplotlib: pip install "autograd_lite[plot]"') from error

ROWS, COLUMNS = 3, 8


def plot(path, history, images, labels, predictions):
    """Draw loss and accuracy by epoch, and the digits that were misread with most confidence."""
    figure = plt.figure(figsize=(10, 8), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(2, 3))
    epochs = range(1, len(history.epoch) + 1)
    for axes, name in zip(above.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history.history[name], marker="o")
        axes.set(title=f"Training {name}", xlabel="epoch", xticks=epochs[:: len(epochs) // 10 + 1])
        axes.grid(alpha=0.3)

    read = predictions.argmax(axis=1)
    wrong = (read != labels).nonzero()[0]
    wrong = wrong[predictions[wrong].max(axis=1).argsort()[::-1]]
    below.suptitle(f"{len(wrong)} of {len(labels)} misread; the surest of them")
    cells = below.subplots(ROWS, COLUMNS).ravel()
    for axes in cells:
        axes.axis("off")
    for axes, i in zip(cells, wrong, strict=False):
        axes.imshow(images[i].reshape(28, 28), cmap="gray_r")
        axes.set_title(f"{labels[i]} as {read[i]}", fontsize=10)
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")
