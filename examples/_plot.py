"""The picture that `mnist.py --plot` draws."""

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
except ImportError as error:
    raise SystemExit('--plot needs matplotlib: pip install "autograd_lite[plot]"') from error

ROWS, COLUMNS = 3, 10


def plot(path, history, images, labels, predictions):
    """Draw loss and accuracy by epoch, and the digits that were misread with most confidence."""
    figure = plt.figure(figsize=(10, 7.5), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(5, 6), hspace=0.04)
    read = predictions.argmax(axis=1)
    wrong = (read != labels).nonzero()[0]
    curves(above, history, test_accuracy=1 - len(wrong) / len(labels))
    wrong = wrong[predictions[wrong].max(axis=1).argsort()[::-1]]
    sheet(below, images[wrong], labels[wrong], read[wrong])
    below.suptitle(f"Misread: {len(wrong):,} of {len(labels):,} test digits; the surest mistakes")
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")


def curves(figure, history, test_accuracy):
    """Loss and accuracy, side by side."""
    epochs = [epoch + 1 for epoch in history.epoch]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history.history[name], marker="o", label="while training")
        axes.set(title=name.capitalize(), xlabel="epoch", xticks=epochs[:: len(epochs) // 10 + 1])
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
    label = f"on the test digits: {test_accuracy:.4f}"
    axes.axhline(test_accuracy, color="tab:orange", linestyle="--", label=label)
    axes.legend(frameon=False)


def sheet(figure, images, labels, read):
    """Digits, each with what it is and, in red, what it was read as."""
    cells = figure.subplots(ROWS, COLUMNS, gridspec_kw={"wspace": 0.08, "hspace": 0.08}).ravel()
    for axes in cells:
        axes.set_axis_off()
    for axes, image, label, guess in zip(cells, images, labels, read, strict=False):
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("0.85")
        axes.imshow(image.reshape(28, 28), cmap="gray_r")
        axes.set_title(f"{label}", loc="left", fontsize=10, pad=3)
        axes.set_title(f"read {guess}", loc="right", fontsize=10, pad=3, color="tab:red")
