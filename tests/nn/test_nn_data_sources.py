"""What models take: pipelines, dicts of arrays, tables, files that do not fit in memory."""

import threading
import tracemalloc

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.errors import DTypeError
from nn.data import Dataset

BIG_ROWS, BIG_COLUMNS = 50_000, 1000  # 200 MB of float32


def prefetching():
    return [t for t in threading.enumerate() if t.name == "prefetch"]


def compiled(units=1):
    model = nn.Sequential([nn.layers.Dense(units)])
    model.compile(nn.optimizers.SGD(learning_rate=0.1), "mse")
    return model


def test_fit_evaluate_and_predict_take_datasets():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = x @ np.array([[1.0], [2.0], [3.0]], np.float32)
    dataset = Dataset.from_arrays(x, y).shuffle().batch(8).prefetch(2)
    ag.set_seed(1)
    model = compiled()
    history = model.fit(dataset, epochs=12, validation_data=dataset.take(3), verbose=0)
    assert history.params["steps"] == 8
    assert history.history["loss"][-1] < 0.01 * history.history["loss"][0]
    assert model.evaluate(dataset, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))
    batches = Dataset.from_arrays(x).batch(7)
    np.testing.assert_array_equal(model.predict(batches, verbose=0), model.predict(x, batch_size=7))
    assert prefetching() == []


def test_fit_shuffles_anew_each_epoch():
    seen = []
    x = np.arange(8.0, dtype=np.float32).reshape(8, 1)
    dataset = Dataset.from_arrays(x, x).shuffle().batch(8)
    dataset = dataset.map(lambda x, y: seen.append(x.ravel().tolist()) or (x, y))
    compiled().fit(dataset, epochs=3, verbose=0)
    assert len(seen) == 3 and len(set(map(tuple, seen))) == 3


def two_inputs():
    a, b = nn.Input((2,), name="a"), nn.Input((3,), name="b")
    joined = nn.layers.Concatenate()([a, b])
    outputs = {n: nn.layers.Dense(1, name=n)(joined) for n in ("p", "q")}
    model = nn.Model({"a": a, "b": b}, outputs)
    model.compile("sgd", {"p": "mse", "q": "mae"})
    return model


def test_dicts_of_arrays_and_datasets_of_dicts_train_alike():
    rng = np.random.default_rng(0)
    x = {n: rng.normal(size=(12, k)).astype(np.float32) for n, k in (("a", 2), ("b", 3))}
    y = {n: rng.normal(size=(12, 1)).astype(np.float32) for n in ("p", "q")}
    losses = []
    for fed in ((x, y), (Dataset.from_arrays(x, y).batch(4),)):
        ag.set_seed(2)
        losses.append(two_inputs().fit(*fed, batch_size=4, epochs=2, shuffle=False, verbose=0))
    np.testing.assert_array_equal(losses[0].history["loss"], losses[1].history["loss"])
    assert set(losses[0].history) == {"loss", "p_loss", "q_loss"}


class Column:
    """As much of a pandas Series as is looked at."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("to_numpy is there")

    def to_numpy(self):
        return self.values


class Table(Column):
    """As much of a pandas DataFrame."""

    def __init__(self, **columns):
        self.parts = {name: np.asarray(values) for name, values in columns.items()}
        self.columns = list(columns)

    def __len__(self):
        return len(next(iter(self.parts.values())))

    def __getitem__(self, name):
        return Column(self.parts[name])

    def to_numpy(self):
        kinds = {part.dtype.kind for part in self.parts.values()}
        mixed = len(kinds) > 1
        return np.stack([p.astype(object) if mixed else p for p in self.parts.values()], 1)


def test_tables_are_features():
    table = Table(age=[1, 2, 3, 4], weight=[0.5, 1.5, 2.5, 3.5], member=[True, False, True, True])
    y, model = Column([1.0, 2.0, 3.0, 4.0]), compiled()
    model.fit(table, y, epochs=1, verbose=0, validation_split=0.5)
    plain = np.column_stack(list(table.parts.values()))
    np.testing.assert_array_equal(model.predict(table), model.predict(plain))
    assert model.evaluate(table, y) == model.evaluate(plain, y.values)
    (batch,) = Dataset.from_arrays(table, y).batch(4)
    np.testing.assert_array_equal(batch[0], plain)


def test_columns_that_are_not_numbers_are_named():
    table = Table(age=[1, 2], town=np.array(["a", "b"], object))
    with pytest.raises(DTypeError, match=r"(?s)fit: `x`: columns that are not.*'town' of object"):
        compiled().fit(table, np.zeros(2))
    with pytest.raises(DTypeError, match=r"Dataset.from_arrays: columns that are not numbers"):
        Dataset.from_arrays(table)


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1, 2, 3], "c": [True, False] * 2})
    y, model = pandas.Series([1.0, 2.0, 3.0, 4.0], index=[3, 2, 1, 0]), compiled()
    model.fit(frame, y, sample_weight=y, verbose=0)
    plain = frame.to_numpy(np.float32)
    np.testing.assert_array_equal(model.predict(frame), model.predict(plain))
    train, test = nn.preprocessing.train_test_split(frame, test_size=1, seed=0)
    assert list(train.columns) == ["a", "b", "c"] and len(test) == 1


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A sparse file of 200 MB as an array, by the dtype."""
    folder = tmp_path_factory.mktemp("big")

    def mapped(dtype, order="C"):
        path = folder / f"{np.dtype(dtype).name}-{order}.npy"
        shape = (BIG_ROWS, BIG_COLUMNS)
        if not path.exists():
            np.lib.format.open_memmap(path, "w+", dtype, shape, fortran_order=order == "F")
        return np.load(path, mmap_mode="r")

    yield mapped
    for path in folder.iterdir():
        path.unlink()


def peak(function):
    """The most memory that NumPy had of its own at a time."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["float32", "uint8", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mapped_file_is_never_loaded_whole(big, dtype, order):
    x, model = big(dtype, order), compiled()
    y = np.zeros((BIG_ROWS, 1), np.float32)
    settings = {"batch_size": 16, "verbose": 0}
    dataset = Dataset.from_arrays(x, y).shuffle().batch(16).take(2)

    def use():
        model.fit(x, y, steps_per_epoch=2, **settings)
        model.evaluate(x, y, steps=2, **settings)
        model.predict(x, steps=2, **settings)
        model.fit(dataset, verbose=0)

    use()  # kernels are loaded by the first use of them
    assert peak(use) < x.nbytes / 20


def test_batches_of_a_mapped_file_are_its_rows(tmp_path):
    values = np.arange(60, dtype=np.float64).reshape(20, 3)
    for name, array in (("c", values), ("f", np.asfortranarray(values))):
        np.save(tmp_path / name, array)
        x = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
        for batch, rows in nn.data.batches((np.asarray(x), np.arange(20)), 6, shuffle=True):
            np.testing.assert_array_equal(batch, values[rows])
        model = compiled()
        np.testing.assert_array_equal(model.predict(x), model.predict(array))


@pytest.mark.parametrize(("dtype", "loss"), [("float32", "mse"), ("float64", "mae")])
def test_mapped_targets_are_never_loaded_whole(big, dtype, loss):
    y = big(dtype)
    x = np.zeros((len(y), 2), np.float32)
    model = nn.Sequential([nn.layers.Dense(y.shape[1])])
    model.compile("sgd", loss)
    settings = {"batch_size": 16, "verbose": 0}

    def use():
        model.fit(x, y, steps_per_epoch=2, validation_split=0.5, validation_steps=1, **settings)
        model.fit(x, y, shuffle=False, steps_per_epoch=1, **settings)
        model.fit(x[:9], y[:9], validation_data=(x, y), validation_steps=1, **settings)
        model.evaluate(x, y, steps=2, **settings)

    use()
    assert peak(use) < y.nbytes / 4


@pytest.mark.parametrize("several", [False, True])
def test_mapped_targets_train_as_others_do(tmp_path, several):
    rng = np.random.default_rng(0)
    values = {"a": rng.normal(size=(20, 1)), "b": np.arange(20) % 3}
    for name, array in values.items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in values}
    x, found = rng.normal(size=(20, 4)), []
    for y in (values, mapped):
        ag.set_seed(0)
        start = nn.Input((4,))
        ends = {"a": nn.layers.Dense(1)(start), "b": nn.layers.Dense(3, "softmax")(start)}
        loss = {"a": "mse", "b": "sparse_categorical_crossentropy"}
        if not several:
            ends, loss, y = ends["b"], loss["b"], y["b"]
        model = nn.Model(start, ends)
        model.compile("adam", loss)
        weight = {} if several else {"class_weight": {0: 2.0}}
        history = model.fit(x, y, 8, 2, verbose=0, validation_split=0.25, **weight).history
        found.append((history, model.evaluate(x, y, verbose=0)))
    assert found[0] == found[1]
    wrong = np.memmap(tmp_path / "wrong", np.int64, "w+", shape=20)
    wrong[3] = 7
    if not several:
        with pytest.raises(ValueError, match="targets out of range"):
            model.fit(x, wrong, verbose=0)


def test_a_dataset_without_end_needs_a_number_of_steps():
    x, y = np.zeros((4, 3), np.float32), np.zeros((4, 1))
    endless, model = Dataset.from_arrays(x, y).repeat().batch(2), compiled()
    with pytest.raises(ValueError, match=r"fit: a dataset without end(?s:.*)steps_per_epoch="):
        model.fit(endless, verbose=0)
    with pytest.raises(ValueError, match=r"without end(?s:.*)validation_steps="):
        model.fit(x, y, validation_data=endless, verbose=0)
    for method in (model.evaluate, model.predict):
        with pytest.raises(ValueError, match=r"without end(?s:.*) steps=, or Dataset.repeat\("):
            method(endless, verbose=0)
    model.fit(endless, steps_per_epoch=2, validation_data=endless, validation_steps=1, verbose=0)
    assert len(model.predict(endless, steps=3, verbose=0)) == 6


def test_batches_of_one_shape_are_tried_once():
    calls = []

    class Spy(nn.layers.Layer):
        def call(self, x):
            calls.append(x.shape)
            return x

    model = nn.Sequential([Spy(), nn.layers.GlobalAveragePooling1D(), nn.layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = [(np.zeros((3, n, 2), np.float32), np.zeros(3)) for n in (4, 5, 4, 5, 4)]
    model.fit(batches.__iter__(), verbose=0)
    assert sorted(calls) == [(1, 4, 2), (1, 5, 2), *[(3, 4, 2)] * 3, *[(3, 5, 2)] * 2]
