"""Callbacks that write files: which, when, and what is in them."""

import csv
import warnings

import numpy as np
import pytest
from safetensors.numpy import load_file

import autograd_lite as ag
import nn
from nn.callbacks import CSVLogger, LambdaCallback, ModelCheckpoint

X = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
Y = X.sum(axis=1)


def model(metrics=()):
    ag.set_seed(0)
    net = nn.Sequential([nn.layers.Dense(1, name="only")])
    net.compile("sgd", "mse", metrics=metrics)
    return net


def files(folder):
    return sorted(p.name for p in folder.iterdir())


def run(folder, values, name="{epoch:02d}.safetensors", **settings):
    """Fit with `values` as each epoch's "watched"; the callback."""
    settings = {"monitor": "watched", "save_weights_only": True, "save_best_only": True} | settings
    saving = ModelCheckpoint(folder / name, **settings)
    put = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(watched=values[epoch]))
    model().fit(X, Y, 5, epochs=len(values), callbacks=[put, saving], verbose=0)
    return saving


@pytest.mark.parametrize(
    ("values", "settings", "saved"),
    [
        ([3, 2, 2, 1], {}, [1, 2, 4]),
        ([3, 2, 2, 1], {"save_best_only": False}, [1, 2, 3, 4]),
        ([1, 2, 3, 2], {"mode": "max"}, [1, 2, 3]),
        ([3, 2, 2, 1], {"initial_value_threshold": 2.0}, [4]),
        ([1, 2, 3], {"mode": "max", "initial_value_threshold": -1}, [1, 2, 3]),
        ([float("nan"), 2], {}, [2]),
        ([1, float("nan"), float("inf")], {}, [1]),
    ],
)
def test_which_epochs_are_saved(tmp_path, values, settings, saved):
    run(tmp_path, values, **settings)
    assert files(tmp_path) == [f"{epoch:02d}.safetensors" for epoch in saved]


def test_names_are_filled_in_and_folders_made(tmp_path):
    run(tmp_path, [0.123, 0.456], "a/b/{epoch:03d}-{watched:.2f}.safetensors", save_best_only=False)
    assert files(tmp_path / "a" / "b") == ["001-0.12.safetensors", "002-0.46.safetensors"]


def test_the_best_value_stays_for_the_next_fit(tmp_path):
    saving = run(tmp_path, [2, 1])
    put = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(watched=1.5))
    saving.filepath = str(tmp_path / "later")
    model().fit(X, Y, callbacks=[put, saving], verbose=0)
    assert saving.best == 1 and "later" not in files(tmp_path)


def test_the_files_hold_the_weights_of_their_epoch(tmp_path):
    net, seen = model(), []
    note = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(net.get_weights()))
    saving = ModelCheckpoint(tmp_path / "{epoch}.safetensors", save_weights_only=True)
    net.fit(X, Y, 5, epochs=3, callbacks=[saving, note], verbose=0)
    for epoch, weights in enumerate(seen, 1):
        net.load_weights(tmp_path / f"{epoch}.safetensors")
        assert all(map(np.array_equal, net.get_weights(), weights))


@pytest.mark.parametrize(
    ("freq", "names"),
    [(1, ["1-1", "1-2", "2-1", "2-2", "3-1", "3-2"]), (3, ["2-1", "3-2"]), (4, ["2-2"])],
)
def test_steps_are_counted_across_epochs(tmp_path, freq, names):
    saving = ModelCheckpoint(
        tmp_path / "{epoch}-{batch}", save_weights_only=True, save_freq=freq, monitor="loss"
    )
    model().fit(X, Y, 5, epochs=3, callbacks=saving, verbose=0)
    assert files(tmp_path) == names


def test_a_whole_model_is_saved(tmp_path):
    net = model()
    net.fit(X, Y, callbacks=ModelCheckpoint(tmp_path / "whole.safetensors"), verbose=0)
    again = nn.load_model(tmp_path / "whole.safetensors")
    assert np.array_equal(again.predict(X, verbose=0), net.predict(X, verbose=0))


def test_an_epoch_without_validation_is_passed_over(tmp_path):
    saving = ModelCheckpoint(
        tmp_path / "{epoch}", save_best_only=True, save_weights_only=True, mode="max"
    )
    model().fit(
        X, Y, epochs=4, validation_data=(X, Y), validation_freq=[2], callbacks=saving, verbose=0
    )
    assert files(tmp_path) == ["2"]


def test_what_is_saved_is_printed(tmp_path, capsys):
    run(tmp_path, [2, 1], verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch {i}: saved {tmp_path}/0{i}.safetensors" for i in (1, 2)
    ]


def test_paths_that_cannot_be_filled_in_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"(?s)'val_los'.*of these: \{epoch\}, \{loss\}"):
        path = tmp_path / "{val_los:.2f}"
        saving = ModelCheckpoint(path, save_weights_only=True)
        model().fit(X, Y, callbacks=saving, verbose=0)


def test_a_misspelt_monitor_is_warned_of(tmp_path):
    with pytest.warns(UserWarning, match="'wached', which is not in the logs.*'watched'"):
        run(tmp_path, [1], monitor="wached")
    with pytest.warns(UserWarning, match="'val_los', which is not in the logs.*'val_loss'"):
        saving = ModelCheckpoint(tmp_path / "a", "val_los", save_best_only=True)
        model().fit(X, Y, validation_data=(X, Y), callbacks=saving, verbose=0)


@pytest.mark.parametrize("freq", ["batch", 0, 1.5, None])
def test_bad_frequencies_are_refused(freq):
    with pytest.raises(ValueError, match="bad `save_freq`"):
        ModelCheckpoint("a", save_freq=freq)


# CSVLogger.


def rows(path, **settings):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, **settings))


def test_rows_are_the_history(tmp_path):
    path = tmp_path / "new" / "log.csv"
    history = model(["mae"]).fit(
        X, Y, epochs=3, validation_data=(X, Y), callbacks=CSVLogger(path), verbose=0
    )
    found = rows(path)
    assert list(found[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [int(row["epoch"]) for row in found] == [0, 1, 2]
    for name, values in history.history.items():
        assert [float(row[name]) for row in found] == values


def test_rows_can_be_read_at_once(tmp_path):
    path, seen = tmp_path / "log.csv", []
    look = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(len(rows(path))))
    model().fit(X, Y, epochs=3, callbacks=[CSVLogger(path), look], verbose=0)
    assert seen == [1, 2, 3]


def test_a_file_is_started_anew_or_added_to(tmp_path):
    path = tmp_path / "log.csv"
    for append, epochs, expected in ((False, 3, 3), (False, 2, 2), (True, 2, 4)):
        logger = CSVLogger(path, separator=";", append=append)
        model().fit(X, Y, epochs=epochs, callbacks=logger, verbose=0)
        found = rows(path, delimiter=";")
        assert len(found) == expected and {row["epoch"] for row in found} >= {"0", "1"}


def test_what_an_epoch_does_not_have_is_na(tmp_path):
    path = tmp_path / "log.csv"
    model().fit(
        X,
        Y,
        epochs=2,
        validation_data=(X, Y),
        validation_freq=2,
        callbacks=CSVLogger(path),
        verbose=0,
    )
    first, second = rows(path)
    assert first["val_loss"] == "NA" and float(second["val_loss"]) >= 0


def test_several_values_are_in_brackets(tmp_path):
    path = tmp_path / "log.csv"
    put = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(f=np.array([0.5, 1.0])))
    model().fit(X, Y, callbacks=[put, CSVLogger(path)], verbose=0)
    assert rows(path)[0]["f"] == "[0.5, 1.0]"


def test_a_bad_separator_is_refused():
    with pytest.raises(ValueError, match="one character"):
        CSVLogger("a.csv", separator="::")


def test_a_table_that_was_deleted_begins_anew(tmp_path):
    path = tmp_path / "log.csv"
    delete = LambdaCallback(on_epoch_begin=lambda epoch: epoch == 2 and path.unlink())
    model().fit(X, Y, epochs=4, callbacks=[CSVLogger(path), delete], verbose=0)
    header, *rows = path.read_text().splitlines()
    assert header == "epoch,loss" and [row.partition(",")[0] for row in rows] == ["2", "3"]


def test_no_file_is_left_open(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        model().fit(X, Y, callbacks=CSVLogger(tmp_path / "log.csv"), verbose=0)


def test_safetensors_names_are_the_parameters(tmp_path):
    run(tmp_path, [1])
    assert set(load_file(tmp_path / "01.safetensors")) == {"layers.0.kernel", "layers.0.bias"}
