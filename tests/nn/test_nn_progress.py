"""What `fit` shows: plain lines into a file, a bar in a terminal, nothing when silent."""

import contextlib
import os
import pty
import re
import sys
import time

import numpy as np
import pytest

import nn
from nn import progress
from nn.callbacks import LambdaCallback

X = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
Y = X.sum(axis=1)
BAR = re.compile(r"Epoch 2/2 \|█+\| 2/2, \d+\.\ds, loss: [\d.]+(e-\d+)?, mae: [\d.]+(e-\d+)?")


def model():
    net = nn.Sequential([nn.layers.Dense(1)])
    net.compile("sgd", "mse", metrics=["mae"])
    return net


@contextlib.contextmanager
def terminal():
    """Standard output as a pseudo-terminal; what was shown is in the list afterwards."""
    ours, theirs = pty.openpty()
    before, shown = sys.stdout, []
    try:
        with os.fdopen(theirs, "w", encoding="utf-8") as sys.stdout:
            yield shown
    finally:
        sys.stdout = before
        shown.append(read_all(ours))


def read_all(terminal):
    """Everything up to the error by which a terminal says that its other end was closed."""
    parts = []
    with contextlib.suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:
        while part := file.read(1000):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize("verbose", ["auto", 2])
def test_a_line_an_epoch_into_a_file(capsys, verbose):
    model().fit(X, Y, 5, epochs=2, validation_data=(X, Y), verbose=verbose)
    number = r"\d+\.\d{4}(e-\d+)?"
    values = ", ".join(f"{name}: {number}" for name in ("loss", "mae", "val_loss", "val_mae"))
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"Epoch 1/2, \d+\.\ds, {values}", first)
    assert re.fullmatch(rf"Epoch 2/2, \d+\.\ds, {values}", second)


def test_silence(capsys):
    net = model()
    net.fit(X, Y, epochs=2, verbose=0)
    net.evaluate(X, Y, verbose=0)
    net.predict(X, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_when_asked_for(capsys):
    model().fit(X, Y, 5, epochs=2, verbose=1)
    out, err = capsys.readouterr()
    assert err == ""
    assert len(out.splitlines()) >= 2
    assert BAR.search(out)


def test_a_bar_an_epoch_in_a_terminal():
    with terminal() as shown:
        model().fit(X, Y, 5, epochs=2, verbose="auto")
    lines = shown[0].rstrip().split("\n")
    assert len(lines) == 2
    assert BAR.search(lines[1].split("\r")[-1] or lines[1].split("\r")[-2])
    assert all(line.endswith("\r") or "2/2" in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "bar"), [(120, 24), (81, 24), (80, 23), (61, 4), (60, 0), (20, 0)]
)
def test_a_line_leaves_the_bar_what_room_it_has(monkeypatch, columns, bar):
    monkeypatch.setenv("COLUMNS", str(columns))
    with terminal() as shown, progress.Progress("Epoch 1/5", 12, progress.BAR) as line:
        for _ in range(12):
            line.advance(dict)
        line.finish({"loss": 0.25, "accuracy": 0.5})
    last = shown[0].rstrip().split("\r")[-1]
    full = f" |{'█' * bar}| " if bar else ", "
    assert re.fullmatch(
        rf"Epoch 1/5{re.escape(full)}12/12, 0\.\ds, loss: 0\.2500, accuracy: 0\.5000", last
    )


def test_the_time_left_is_shown_until_the_end(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with terminal() as shown, progress.Progress("Epoch 1/5", 4, progress.BAR) as line:
        for _ in range(4):
            time.sleep(0.12)  # more than the screen's rest between two looks
            line.advance(lambda: {"loss": 0.25})
        line.finish({"loss": 0.25})
    *before, last = shown[0].rstrip().split("\r")
    assert re.search(r"\| 3/4, \d+\.\ds, \d+s left, loss: 0\.2500", "".join(before))
    assert re.fullmatch(r"Epoch 1/5 \|█{24}\| 4/4, \d+\.\ds, loss: 0\.2500", last)
    assert all(len(text) < 80 for text in before)


def test_no_time_left_is_shown_of_what_ended_without_results():
    with terminal() as shown, progress.Progress("Predict", 4, progress.BAR) as line:
        for _ in range(3):
            time.sleep(0.12)
            line.advance(dict)
    *before, last = shown[0].rstrip().split("\r")
    assert re.search(r"3/4, \d+\.\ds, \d+s left", "".join(before))
    assert re.search(r"\| 3/4, \d+\.\ds$", last)


def test_evaluate_and_predict(capsys):
    net = model()
    net.evaluate(X, Y)
    assert re.fullmatch(r"Evaluate, \d\.\ds, loss: .*, mae: .*\n", capsys.readouterr().out)
    net.predict(X)
    assert capsys.readouterr().out == ""
    with terminal() as shown:
        net.evaluate(X, Y)
        net.predict(X)
    assert "Evaluate |" in shown[0] and "Predict |" in shown[0]


def test_an_interrupt_closes_the_bar_and_leaves_a_model():
    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    net, callback = model(), LambdaCallback(on_train_batch_end=interrupt)
    with terminal() as shown:
        with pytest.raises(KeyboardInterrupt):
            net.fit(X, Y, 2, epochs=3, callbacks=callback)
        print("after")
    assert re.search(r"Epoch 1/3 .*\d/5.*\r?\nafter", shown[0])
    assert net.optimizer.iterations == 2
    assert np.isfinite(net.predict(X)).all()
    assert len(net.fit(X, Y, epochs=2, verbose=0).epoch) == 2


def test_values_written_to_a_closed_bar_do_not_mix_with_prints():
    with terminal() as shown:
        callback = LambdaCallback(on_epoch_end=lambda epoch, logs: print(f"epoch {epoch} seen"))
        model().fit(X, Y, 5, epochs=2, callbacks=callback)
    assert re.search(r"2/2, .*\r?\nepoch 0 seen\r?\n", shown[0])


@pytest.mark.parametrize("verbose", [3, -1, "yes", None])
def test_unknown_verbosity(verbose):
    for call in (model().fit, model().evaluate):
        with pytest.raises(ValueError, match='expected: 0, 1, 2 or "auto"'):
            call(X, Y, verbose=verbose)
