"""Which hooks are called, when, and with what."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.callbacks import (
    HOOKS,
    BackupAndRestore,
    Callback,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from nn.callbacks import Callbacks as Several

X = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
Y = X.sum(axis=1)


def model(metrics=()):
    ag.set_seed(0)
    net = nn.Sequential([nn.layers.Dense(1)])
    net.compile("sgd", "mse", metrics=metrics)
    return net


class Recorder(Callback):
    """Notes every hook with its arguments."""

    def __init__(self):
        self.calls = []


def _recording(name):
    def hook(self, *args):
        self.calls.append((name, *args))

    return hook


for _name in HOOKS:
    setattr(Recorder, _name, _recording(_name))


def test_order_of_hooks_in_fit():
    recorder = Recorder()
    net = model()
    net.fit(X, Y, 5, epochs=1, validation_data=(X, Y), callbacks=[recorder], verbose=0)
    batches = [f"on_train_batch_{when}" for when in ("begin", "end")] * 2
    tests = [f"on_test_batch_{when}" for when in ("begin", "end")] * 2
    assert [name for name, *_ in recorder.calls] == [
        "on_train_begin",
        "on_epoch_begin",
        *batches,
        "on_test_begin",
        *tests,
        "on_test_end",
        "on_epoch_end",
        "on_train_end",
    ]
    assert recorder.model is net
    assert recorder.params == {"epochs": 1, "steps": 2, "batch_size": 5, "verbose": 0}


def test_logs_are_running_means_and_end_as_the_history():
    recorder = Recorder()
    history = model(["mae"]).fit(
        X, Y, 5, epochs=2, validation_data=(X, Y), callbacks=[recorder], verbose=0
    )
    batch_logs = [args[1] for name, *args in recorder.calls if name == "on_train_batch_end"]
    epoch_logs = [args[1] for name, *args in recorder.calls if name == "on_epoch_end"]
    assert [set(logs) for logs in batch_logs] == [{"loss", "mae"}] * 4
    for epoch, logs in enumerate(epoch_logs):
        assert set(logs) == {"loss", "mae", "val_loss", "val_mae"}
        assert logs["loss"] == batch_logs[2 * epoch + 1]["loss"]
        assert logs == {name: values[epoch] for name, values in history.history.items()}


def test_evaluate_calls_the_test_hooks():
    recorder = Recorder()
    model().evaluate(X, Y, 5, callbacks=[recorder], verbose=0)
    assert [name for name, *_ in recorder.calls][:2] == ["on_test_begin", "on_test_batch_begin"]
    assert recorder.calls[-1][0] == "on_test_end"


def test_hooks_left_alone_are_not_called():
    several = Several([Callback(), LambdaCallback(on_epoch_end=print)], None, {})
    assert {name for name, hooks in several.hooks.items() if hooks} == {"on_epoch_end"}


def test_values_added_to_the_logs_reach_the_history():
    def add(epoch, logs):
        logs["extra"] = 7.0

    history = model().fit(X, Y, callbacks=LambdaCallback(on_epoch_end=add), verbose=0)
    assert history.history["extra"] == [7.0]


@pytest.mark.parametrize(
    ("callbacks", "text"),
    [
        ([print], "not a callback(?s:.*)built-in function print"),
        ([EarlyStopping], r"fix:      EarlyStopping\(\)"),
        (3, "got:      3"),
    ],
)
def test_what_are_no_callbacks_is_refused(callbacks, text):
    with pytest.raises(TypeError, match=text):
        model().fit(X, Y, callbacks=callbacks, verbose=0)


def test_lambda_callback_knows_its_hooks():
    with pytest.raises(ValueError, match="did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)


def test_stop_training_ends_after_the_batch():
    net, seen = model(), []

    def stop(batch, logs):
        seen.append(batch)
        net.stop_training = batch == 1

    history = net.fit(
        X, Y, 2, epochs=5, callbacks=LambdaCallback(on_train_batch_end=stop), verbose=0
    )
    assert seen == [0, 1] and history.epoch == [0]
    net.fit(X, Y, 5, epochs=2, verbose=0)
    assert net.history.epoch == [0, 1]


# EarlyStopping, driven with values of our own.


def run(values, epochs=None, **settings):
    """Fit with `values` as each epoch's "watched"; returns the callback and the model."""
    net, stopping = model(), EarlyStopping(settings.pop("monitor", "watched"), **settings)
    weights = []

    def put(epoch, logs):
        logs[stopping.monitor] = values[epoch]
        net.set_weights([np.full((3, 1), epoch), np.full(1, epoch)])
        weights.append(epoch)

    net.fit(
        X, Y, epochs=len(values), callbacks=[LambdaCallback(on_epoch_end=put), stopping], verbose=0
    )
    return stopping, net, len(weights)


@pytest.mark.parametrize(
    ("values", "settings", "epochs", "best"),
    [
        ([3, 2, 2, 1], {}, 3, 1),
        ([3, 2, 2, 1], {"patience": 2}, 4, 3),
        ([3, 2, 2, 2, 2, 1], {"patience": 2}, 4, 1),
        ([1, 2, 2, 3], {"mode": "max", "patience": 1}, 3, 1),
        ([0.1, 0.2, 0.2], {"monitor": "val_accuracy"}, 3, 1),
        ([3, 2.9, 1, 1], {"min_delta": 0.5}, 2, 0),
        ([3, 2, float("nan"), 1], {}, 3, 1),
        ([3, 3, 3, 1, 1], {"start_from_epoch": 2}, 5, 3),
        ([3, 2, 1], {"baseline": 0.5, "patience": 3}, 3, 2),
        ([3, 2, 1, 4, 4], {"baseline": 0.5, "patience": 3}, 4, 2),
    ],
)
def test_early_stopping(values, settings, epochs, best):
    stopping, _, ran = run(values, **settings)
    assert ran == epochs
    assert stopping.best_epoch == best and stopping.best == values[best]


@pytest.mark.parametrize("values", [[3, 1, 2, 2], [3, 1, 2]])
def test_best_weights_are_restored_also_after_the_full_length(values):
    stopping, net, _ = run(values, patience=2, restore_best_weights=True)
    assert stopping.best_epoch == 1
    assert [w.ravel()[0] for w in net.get_weights()] == [1.0, 1.0]


def test_early_stopping_starts_afresh_with_each_fit():
    stopping, net, _ = run([1, 2])
    stopping.monitor = "loss"
    net.fit(X, Y, epochs=1, callbacks=stopping, verbose=0)
    assert stopping.stopped_epoch is None and stopping.best_epoch == 0


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_an_unknown_monitor_is_warned_of_once(kind):
    with pytest.warns(UserWarning, match="'val_loss', which is not in the.*'loss'") as seen:
        history = model().fit(X, Y, epochs=3, callbacks=kind(), verbose=0)
    assert len(history.epoch) == 3
    assert len(seen) == 1


def test_what_is_best_by_an_unknown_monitor_is_saved_always(tmp_path):
    saving = ModelCheckpoint(tmp_path / "{epoch}.safetensors", save_best_only=True)
    with pytest.warns(UserWarning, match="ModelCheckpoint: `monitor` is 'val_loss'"):
        model().fit(X, Y, epochs=2, callbacks=saving, verbose=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.safetensors", "2.safetensors"]


def test_hooks_of_predictions():
    shapes = []
    hooks = LambdaCallback(
        on_predict_begin=lambda logs=None: shapes.append("begin"),
        on_predict_batch_begin=lambda batch, logs=None: shapes.append(batch),
        on_predict_batch_end=lambda batch, logs: shapes.append(logs["outputs"].shape),
        on_predict_end=lambda logs=None: shapes.append("end"),
    )
    model().predict(X, 8, verbose=0, callbacks=hooks)
    assert shapes == ["begin", 0, (8, 1), 1, (2, 1), "end"]


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_an_unknown_mode_is_refused(kind):
    with pytest.raises(ValueError, match="one of auto, max, min"):
        kind(mode="least")


def test_epochs_without_validation_are_not_counted():
    stopping = EarlyStopping(patience=1, min_delta=1e9)
    history = model().fit(
        X, Y, epochs=9, validation_data=(X, Y), validation_freq=3, callbacks=stopping, verbose=0
    )
    assert history.epoch == list(range(6)) and stopping.stopped_epoch == 5


def test_early_stopping_says_why(capsys):
    run([1, 2], verbose=1)
    assert capsys.readouterr().out == "Epoch 2: early stopping, the best epoch was 1\n"


@pytest.mark.parametrize("settings", [{"patience": -1}, {"start_from_epoch": 0.5}])
def test_early_stopping_refuses_bad_numbers(settings):
    with pytest.raises(ValueError, match="an integer, 0 or more"):
        EarlyStopping(**settings)


# Learning rates. What ReduceLROnPlateau does epoch by epoch is in test_reference_callbacks.py.


def scheduled():
    net = model()
    rate = nn.schedules.ExponentialDecay(0.1, 10, 0.5)
    net.compile(nn.optimizers.SGD(learning_rate=rate), "mse")
    return net


@pytest.mark.parametrize("made", [ReduceLROnPlateau("loss"), LearningRateScheduler(abs)])
def test_a_schedule_is_refused_before_the_first_step(made):
    net = scheduled()
    before = net.predict(X, verbose=0)
    with pytest.raises(TypeError, match=r"(?s)follows a schedule.*ExponentialDecay"):
        net.fit(X, Y, callbacks=made, verbose=0)
    assert np.array_equal(net.predict(X, verbose=0), before)


def test_the_plateau_reduces_the_rate_of_the_next_epoch(capsys):
    net = model()
    plateau = ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=1e9, cooldown=1, verbose=1)
    history = net.fit(X, Y, epochs=6, callbacks=plateau, verbose=0).history
    assert history["learning_rate"] == [0.01, 0.01, 0.005, 0.0025, 0.00125, 0.000625]
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "Epoch 2: ReduceLROnPlateau sets the learning rate to 0.005"


def test_the_plateau_stops_at_the_lowest_rate():
    plateau = ReduceLROnPlateau("loss", patience=0, min_delta=1e9, min_lr=0.004)
    net = model()
    net.fit(X, Y, epochs=4, callbacks=plateau, verbose=0)
    assert net.optimizer.learning_rate == 0.004


@pytest.mark.parametrize("settings", [{"factor": 1.0}, {"patience": -1}, {"min_lr": -1.0}])
def test_the_plateau_refuses_bad_numbers(settings):
    with pytest.raises(ValueError, match=f"bad `{next(iter(settings))}`"):
        ReduceLROnPlateau(**settings)


def test_the_scheduler_is_given_the_current_rate(capsys):
    halving = LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    history = model().fit(X, Y, epochs=2, callbacks=halving, verbose=0).history
    assert history["learning_rate"] == [0.005, 0.0025]
    assert "Epoch 2: LearningRateScheduler sets" in capsys.readouterr().out


def test_the_scheduler_refuses_what_is_no_number():
    with pytest.raises(TypeError, match=r"(?s)bad rate for epoch 0.*None.*a number"):
        model().fit(X, Y, callbacks=LearningRateScheduler(lambda epoch: None), verbose=0)


def test_an_error_of_the_scheduler_itself_is_not_hidden():
    def wrong(epoch, rate):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        model().fit(X, Y, callbacks=LearningRateScheduler(wrong), verbose=0)


# The rest.


@pytest.mark.filterwarnings("ignore:the loss is NaN")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_training_ends_at_the_first_loss_that_is_no_number(bad, capsys):
    x = X.copy()
    x[4] = bad
    recorder = Recorder()
    watching = [TerminateOnNaN(), recorder]
    model().fit(x, Y, 2, epochs=3, shuffle=False, callbacks=watching, verbose=0)
    steps = [args[0] for name, *args in recorder.calls if name == "on_train_batch_end"]
    assert steps == [0, 1, 2] and recorder.calls[-1][0] == "on_train_end"
    assert capsys.readouterr().out.startswith("Batch 2: the loss is ")


@pytest.mark.filterwarnings("ignore:the loss is NaN")
def test_or_an_error_is_raised_and_the_backup_stays(tmp_path):
    watching = [TerminateOnNaN(raise_error=True), BackupAndRestore(tmp_path / "b", 1)]
    with pytest.raises(RuntimeError, match="the loss is nan at batch 1"):
        x = X.copy()
        x[4:] = np.nan
        model().fit(x, Y, 4, shuffle=False, callbacks=watching, verbose=0)
    assert (tmp_path / "b" / "latest.safetensors").exists()


def test_the_progress_logger_changes_nothing(capsys):
    model().fit(X, Y, callbacks=ProgbarLogger(), verbose=0)
    assert capsys.readouterr().out == ""


def test_a_backup_comes_last_and_the_history_before_it(tmp_path):
    backup, other = BackupAndRestore(tmp_path), Recorder()
    several = Several([backup, other], None, {}, lambda epoch, logs: None)
    assert several.members == [other, backup]
    ends = several.hooks["on_epoch_end"]
    assert [getattr(hook, "__self__", None) for hook in ends] == [other, None, backup]


@pytest.mark.parametrize(
    ("kind", "hooks"),
    [
        (EarlyStopping, {"on_train_begin", "on_epoch_end", "on_train_end"}),
        (ReduceLROnPlateau, {"on_train_begin", "on_epoch_end"}),
        (ProgbarLogger, set()),
    ],
)
def test_nothing_is_done_in_each_step_that_is_not_asked_for(kind, hooks):
    several = Several(kind(), None, {})
    assert {name for name, found in several.hooks.items() if found} == hooks


@pytest.mark.parametrize("kind", [ModelCheckpoint, BackupAndRestore])
def test_saving_after_epochs_does_nothing_in_steps(kind, tmp_path):
    several = Several(kind(tmp_path), None, {})
    assert not several.hooks["on_train_batch_end"]
    several = Several(kind(tmp_path, save_freq=1), None, {})
    assert several.hooks["on_train_batch_end"]
