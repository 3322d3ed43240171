"""The history as values and as a picture, and the search for a learning rate."""

import math
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.callbacks import History

X = np.random.default_rng(0).standard_normal((64, 3)).astype(np.float32)
Y = X.sum(axis=1)


def model(optimizer="sgd", metrics=(), layers=()):
    ag.set_seed(0)
    net = nn.Sequential([*layers, nn.layers.Dense(1)])
    net.compile(optimizer, "mse", metrics=metrics)
    return net


def test_a_history_among_the_callbacks_is_the_same():
    own = History()
    returned = model().fit(X, Y, epochs=2, callbacks=own, verbose=0)
    assert own.history == returned.history and own.epoch == [0, 1]
    model().fit(X, Y, epochs=1, callbacks=own, verbose=0)
    assert own.epoch == [0] and own.params["epochs"] == 1


def test_plot_has_a_picture_for_each_name_with_its_validation(tmp_path):
    pytest.importorskip("matplotlib")
    history = model(metrics=["mae"]).fit(
        X, Y, epochs=4, validation_data=(X, Y), validation_freq=2, verbose=0
    )
    figure = history.plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "mae"]
    for axes, name in zip(figure.axes, ("loss", "mae"), strict=True):
        training, validation = axes.get_lines()
        assert list(training.get_xdata()) == [1, 2, 3, 4]
        assert list(training.get_ydata()) == history.history[name]
        assert list(validation.get_xdata()) == [2, 4]
        assert list(validation.get_ydata()) == history.history[f"val_{name}"]
        assert len(axes.get_legend().get_texts()) == 2
    figure.savefig(tmp_path / "history.png")
    assert figure.canvas.manager is None  # pyplot, which shows all it knows of, has not been told


def test_plot_leaves_out_what_is_no_number():
    pytest.importorskip("matplotlib")
    history = History()
    history.record(0, {"loss": 1.0, "f": np.zeros(3)})
    assert [axes.get_ylabel() for axes in history.plot().axes] == ["loss"]


def test_nothing_to_plot():
    with pytest.raises(ValueError, match="no epochs to draw"):
        History().plot()


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    history = History()
    history.record(0, {"loss": 1.0})
    with pytest.raises(ImportError, match=r"autograd_lite\[plot\]"):
        history.plot()


# find_learning_rate.


def state(net):
    named = {**net.optimizer.state_dict(), **dict(enumerate(net.get_weights()))}
    return {name: value.tobytes() for name, value in named.items()}


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_suggestion_trains(optimizer):
    net = model(optimizer)
    found = nn.find_learning_rate(net, X, Y)
    assert len(found.rates) == len(found.losses) <= 100
    assert found.rates[0] == pytest.approx(1e-7) and math.isfinite(sum(found.losses))
    assert found.rates == sorted(found.rates)
    assert found.suggestion * 10 == pytest.approx(
        found.rates[int(np.argmin(found.losses[10:])) + 10]
    )
    net.optimizer.learning_rate = found.suggestion
    losses = net.fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.1 * losses[0]


def test_everything_is_as_before():
    schedule = nn.schedules.ExponentialDecay(0.1, 10, 0.5)
    nets = []
    for search in (False, True):
        dropout = [nn.layers.Dropout(0.5), nn.layers.Dropout(0.1, seed=1)]
        net = model(nn.optimizers.Adam(learning_rate=schedule), layers=dropout)
        net.fit(X, Y, epochs=1, verbose=0)
        history = net.history
        if search:
            before = state(net)
            nn.find_learning_rate(net, X, Y, steps=20)
            assert state(net) == before and net.optimizer.schedule is schedule
            assert net.history is history
        net.fit(X, Y, epochs=2, verbose=0)
        nets.append(state(net))
    assert nets[0] == nets[1]


def test_the_search_ends_when_the_loss_diverges():
    found = nn.find_learning_rate(model(), X, Y, highest=1e6)
    assert found.rates[-1] < 1e5 and found.losses[-1] > 4 * min(found.losses)


def test_several_inputs():
    a, b = nn.Input((3,)), nn.Input((3,))
    net = nn.Model([a, b], nn.layers.Dense(1)(a + b))
    net.compile("sgd", "mse")
    assert nn.find_learning_rate(net, [X, X], Y, steps=30).suggestion > 1e-7


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"lowest": 0}, "bad `lowest`"),
        ({"lowest": 1, "highest": 0.5}, "bad `highest`"),
        ({"steps": 5}, "10 or more"),
        ({"batch_size": 0}, "bad `batch_size`"),
    ],
)
def test_bad_arguments(settings, text):
    with pytest.raises(ValueError, match=text):
        nn.find_learning_rate(model(), X, Y, **settings)


def test_no_numbers_from_the_start():
    with pytest.raises(ValueError, match="NaN in x and y"):
        nn.find_learning_rate(model(), X * np.nan, Y)


def test_the_plot_marks_the_suggestion():
    pytest.importorskip("matplotlib")
    found = nn.find_learning_rate(model(), X, Y)
    (axes,) = found.plot().axes
    curve, mark = axes.get_lines()
    assert list(curve.get_ydata()) == found.losses and axes.get_xscale() == "log"
    assert mark.get_xdata()[0] == found.suggestion
