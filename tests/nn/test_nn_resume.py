"""A training that is killed and started again ends with the bits of one that was not."""

import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import autograd_lite as ag
import nn
from autograd_lite.errors import DataError
from nn import callbacks

PROGRAM = Path(__file__).with_name("killed_training.py")
X = np.random.default_rng(0).standard_normal((22, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(np.float32)


def train(folder, when="never"):
    """Run the program; whether it came to its end."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, when],
        cwd=PROGRAM.parents[2],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_ten_times_the_bits_are_the_same(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert train(whole)
    rng = random.Random(7)
    deaths = [f"step:{rng.randint(1, 9)}" for _ in range(6)]
    deaths += ["write:1", "write:1", "rename:1", f"validation:{rng.randint(1, 2)}", "epoch:1"]
    rng.shuffle(deaths)
    assert [when for when in deaths if train(killed, when)] == []
    assert train(killed)
    a, b = (np.load(folder / "final.npz") for folder in (whole, killed))
    assert set(a) == set(b)
    assert [name for name in a if a[name].tobytes() != b[name].tobytes()] == []
    assert (whole / "log.csv").read_bytes() == (killed / "log.csv").read_bytes()
    best = [load_file(folder / "best.safetensors") for folder in (whole, killed)]
    assert all(np.array_equal(best[0][name], best[1][name]) for name in best[0])
    assert sorted(p.name for p in killed.iterdir()) == ["best.safetensors", "final.npz", "log.csv"]


class Killed(Exception):
    """In place of a real kill, which takes a process of its own."""


class Killer(callbacks.Callback):
    """Ends training after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise Killed


def compiled(optimizer="adam", metrics=("accuracy",), layers=()):
    net = nn.Sequential([nn.layers.Dense(4, "tanh"), *layers, nn.layers.Dense(1, "sigmoid")])
    made = optimizer() if callable(optimizer) else optimizer
    net.compile(made, "binary_crossentropy", list(metrics))
    return net


def result(net):
    """All that must be the same, as bytes."""
    state = {**net.optimizer.state_dict(), **dict(enumerate(net.get_weights()))}
    return {name: value.tobytes() for name, value in state.items()}, net.history.history


def resumed(tmp_path, after, make, fit, others=list, save_freq=1):
    """What comes out after kills at these numbers of steps."""
    for steps in [*after, 0]:
        ag.set_seed(steps + 1 if tmp_path.joinpath("b").exists() else 0)
        net = make()
        backup = callbacks.BackupAndRestore(tmp_path / "b", save_freq)
        try:
            fit(net, [backup, *others(), Killer(steps)])
        except Killed:
            assert steps
    return result(net)


def whole(make, fit, others=list):
    ag.set_seed(0)
    net = make()
    fit(net, [*others(), Killer(0)])
    return result(net)


def usual(net, watching, **settings):
    given = {"epochs": 4, "validation_split": 0.2, **settings}
    net.fit(X, Y, 4, callbacks=watching, verbose=0, **given)


class Positives(nn.metrics.Metric):
    """Counts into a variable."""

    def __init__(self):
        super().__init__("positives")
        self.positives = self.add_variable()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.positives.assign_add(np.count_nonzero(y_pred.data > 0.5))

    def result(self):
        return self.positives


MODELS = {
    "adam": {},
    "dropout": {"layers": lambda: [nn.layers.Dropout(0.5), nn.layers.Dropout(0.5, seed=1)]},
    "momentum": {"optimizer": lambda: nn.optimizers.SGD(momentum=0.9, learning_rate=0.1)},
    "accumulating": {"optimizer": lambda: nn.optimizers.Adam(gradient_accumulation_steps=2)},
    "averaging": {"optimizer": lambda: nn.optimizers.Adam(use_ema=True)},
    "metrics": {"metrics": ("accuracy", "auc", "f1_score", "mae")},
    "metric of variables": {"metrics": (Positives(),)},
}


@pytest.mark.parametrize("name", MODELS)
def test_models_and_optimizers(tmp_path, name):
    settings = dict(MODELS[name])
    layers = settings.pop("layers", list)

    def make():
        return compiled(layers=layers(), **settings)

    assert resumed(tmp_path, [3, 5, 6], make, usual) == whole(make, usual)


@pytest.mark.parametrize(
    "settings",
    [
        {"shuffle": False},
        {"steps_per_epoch": 7},
        {"steps_per_epoch": 3, "epochs": 6},
        {"validation_freq": 2},
        {"sample_weight": np.linspace(0, 1, 22, dtype=np.float32)},
        {"initial_epoch": 1},
    ],
    ids=lambda settings: next(iter(settings)),
)
@pytest.mark.parametrize("save_freq", [1, 3, "epoch"])
def test_ways_of_fitting(tmp_path, settings, save_freq):
    def fit(net, watching):
        usual(net, watching, **settings)

    found = resumed(tmp_path, [4, 2, 6, 5], compiled, fit, save_freq=save_freq)
    assert found == whole(compiled, fit)


def generator():
    def rows():
        for i in range(100):
            yield X[i % 5 :: 5], Y[i % 5 :: 5]

    return rows()


@pytest.mark.parametrize("steps", [None, 4])
@pytest.mark.parametrize("kind", ["generator", "list", "dataset"])
def test_iterables(tmp_path, kind, steps):
    pairs = [(X[i::6], Y[i::6]) for i in range(6)]

    def fit(net, watching):
        if kind == "generator":
            x = generator()
        elif kind == "list":
            x = type("Batches", (), {"__iter__": lambda self: iter(pairs)})()
        else:
            x = nn.data.Dataset.from_arrays(X, Y).shuffle().batch(4)
        epochs = 1 if kind == "generator" and steps is None else 3
        net.fit(x, epochs=epochs, steps_per_epoch=steps, callbacks=watching, verbose=0)

    def make():
        return compiled(layers=[nn.layers.Dropout(0.3)])

    assert resumed(tmp_path, [3, 2, 4], make, fit) == whole(make, fit)


@pytest.mark.parametrize("save_freq", [1, 2, "epoch"])
def test_other_callbacks_go_on(tmp_path, save_freq):
    def others():
        return [
            callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
            callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=0.02),
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        ]

    def make():
        return compiled(lambda: nn.optimizers.Adam(learning_rate=0.3))

    def fit(net, watching):
        usual(net, watching, epochs=12)

    found = resumed(tmp_path, [4, 2, 7, 9], make, fit, others, save_freq)
    assert found == whole(make, fit, others)
    assert len(found[1]["loss"]) < 12


class Own(callbacks.Callback):
    """A user's, with all that can be kept."""

    kept = ("values", "again")

    def on_train_begin(self, logs=None):
        self.values, self.again = {"a": [], "b": np.zeros(2, np.int8)}, None

    def on_epoch_end(self, epoch, logs=None):
        self.values["a"].append([epoch, "text", np.float32(0.1), float("nan"), logs["loss"] > 0])
        self.values["b"] = self.values["b"] + np.int8(1)
        self.again = np.float64(logs["loss"])


def test_what_a_callback_keeps_comes_back(tmp_path):
    made = []

    def others():
        made.append(Own())
        return made[-1:]

    resumed(tmp_path, [5, 6], compiled, usual, others)
    whole(compiled, usual, others)
    before, after = made[-1], made[-2]
    assert repr(before.values) == repr(after.values) and before.again == after.again
    assert before.values["b"].dtype == after.values["b"].dtype


@pytest.mark.parametrize("value", [{1, 2}, {1: 2}, object()])
def test_what_cannot_be_kept_is_refused(tmp_path, value):
    class Wrong(callbacks.Callback):
        kept = ("value",)

    Wrong.value = value
    with pytest.raises(TypeError, match=r"(?s)cannot be kept.*lists and dicts"):
        usual(compiled(), [Wrong(), callbacks.BackupAndRestore(tmp_path)])


def test_a_stateful_layer_goes_on(tmp_path):
    def make():
        net = nn.Sequential([nn.layers.LSTM(3, stateful=True), nn.layers.Dense(1)])
        net.compile("adam", "mse")
        return net

    def fit(net, watching):
        x = np.repeat(X[:6, None], 2, axis=1)
        net.fit(x, Y[:6], 1, epochs=3, callbacks=watching, verbose=0)

    assert resumed(tmp_path, [3, 4], make, fit) == whole(make, fit)


def test_a_training_that_was_about_to_end_does_not_go_on(tmp_path):
    class Late(callbacks.Callback):
        def on_train_end(self, logs=None):
            raise Killed

    def stop(batch, logs):
        if batch == 2:
            net.stop_training = True

    def run(*more):
        hook = callbacks.LambdaCallback(on_train_batch_end=stop)
        backup = callbacks.BackupAndRestore(tmp_path / "b", 3)
        usual(net, [hook, backup, *more])

    net = compiled()
    with pytest.raises(Killed):
        run(Late())
    expected = result(net)
    net = compiled()
    with pytest.raises(Killed):
        run(Late())
    assert result(net) == expected and net.history.epoch == [0]


def test_the_backup_is_deleted_at_the_end_or_kept_to_train_longer(tmp_path):
    def fit(net, epochs, delete):
        backup = callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=delete)
        usual(net, backup, epochs=epochs)

    ag.set_seed(0)
    fit(compiled(), 2, False)
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["latest.safetensors"]
    net = compiled()
    fit(net, 4, True)
    assert not (tmp_path / "b").exists()
    assert result(net) == whole(compiled, usual)


def test_other_files_stay_and_leftovers_go(tmp_path):
    tmp_path.joinpath("mine.txt").write_text("")
    tmp_path.joinpath(".latest.safetensors.123").write_bytes(b"half")
    usual(compiled(), callbacks.BackupAndRestore(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"optimizer": "sgd"}, "optimizer: SGD"),
        ({"layers": [nn.layers.Dense(5)]}, r"float32 \(4, 5\)"),
    ],
)
def test_the_backup_of_another_training_is_refused(tmp_path, changed, text):
    def backup():
        return callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)

    usual(compiled(), backup())
    net = compiled(**changed)
    with pytest.raises(ValueError, match=f"(?s)the backup is of another training.*{text}"):
        usual(net, backup())
    with pytest.raises(ValueError, match=r"(?s)got:.*steps: 5.*expected:.*steps: 3"):
        net = compiled()
        net.fit(X, Y, 8, callbacks=backup(), verbose=0)


@pytest.mark.parametrize("kept", [0, 10, 500])
def test_a_damaged_backup_is_refused(tmp_path, kept):
    usual(compiled(), callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False))
    path = tmp_path / "latest.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="BackupAndRestore"):
        usual(compiled(), callbacks.BackupAndRestore(tmp_path))


def test_weights_are_no_backup(tmp_path):
    net = compiled()
    usual(net, None)
    net.save_weights(tmp_path / "latest.safetensors")
    with pytest.raises(DataError, match="no backup"):
        usual(net, callbacks.BackupAndRestore(tmp_path))


def test_bad_arguments():
    with pytest.raises(ValueError, match="empty `backup_dir`"):
        callbacks.BackupAndRestore("")
    with pytest.raises(ValueError, match='"epoch" or a number of steps'):
        callbacks.BackupAndRestore("b", save_freq="batch")


def test_without_a_backup_nothing_is_kept_after_fit():
    net = compiled()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        usual(net, None)
    assert net._running is None


def test_the_bar_of_an_epoch_that_goes_on_begins_in_its_middle():
    from nn.progress import BAR, Progress

    with Progress("Epoch 1/1", 5, BAR) as line:
        line.skip(3)
        assert line._bar.n == 3
