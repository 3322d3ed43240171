"""Pipelines of samples: what comes out, in which order, how often, and from which thread."""

import gc
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import ShapeError
from nn.data import Dataset
from nn.data.prefetching import prefetched


def numbers(n):
    return Dataset.from_sequence(range(n))


def prefetching():
    return [t for t in threading.enumerate() if t.name == "prefetch"]


def test_rows_of_arrays():
    x, y = np.arange(6).reshape(3, 2), np.array([7, 8, 9])
    found = [(a.tolist(), int(b)) for a, b in Dataset.from_arrays(x, y)]
    assert found == [([0, 1], 7), ([2, 3], 8), ([4, 5], 9)]
    assert [int(b) for b in Dataset.from_arrays(y)] == [7, 8, 9]


def test_nested_arrays():
    Pair = namedtuple("Pair", "first second")
    tree = {"a": [1, 2], "b": (np.arange(4).reshape(2, 2), Pair(ag.tensor([1.0, 2.0]), [3, 4]))}
    (batch,) = Dataset.from_arrays(tree).batch(2)
    np.testing.assert_array_equal(batch["a"], [1, 2])
    assert type(batch["b"][1]) is Pair and batch["b"][1].second.tolist() == [3, 4]
    assert [type(batch["b"][1].first), batch["b"][0].shape] == [np.ndarray, (2, 2)]
    # Stacked one by one it is the same.
    (again,) = Dataset.from_arrays(tree).map(lambda element: element).batch(2)
    np.testing.assert_equal(again, batch)


@pytest.mark.parametrize("arrays", [(), ([1.0, 2.0], [1]), (np.float32(1),), ({},)])
def test_what_has_no_rows_is_refused(arrays):
    with pytest.raises(ShapeError, match=r"Dataset.from_arrays: (no rows|lengths differ)"):
        Dataset.from_arrays(*arrays)


@pytest.mark.parametrize(
    ("make", "source", "text"),
    [
        ("from_iterable", iter([1]), "a list_iterator(?s:.*)fix: +the function that makes it"),
        ("from_iterable", 3, "expected: an iterable, or a function"),
        ("from_sequence", {"a": 1}, "a dict(?s:.*)fix: +Dataset.from_arrays"),
        ("from_sequence", iter([1]), "a length, and elements by number"),
    ],
)
def test_what_is_no_source_is_refused(make, source, text):
    with pytest.raises(TypeError, match=rf"Dataset.{make}: no source\n  got: +(?s:.*){text}"):
        getattr(Dataset, make)(source)


def test_a_function_that_makes_no_iterator_is_refused():
    with pytest.raises(TypeError, match=r"a NoneType(?s:.*)a function that makes an iterator"):
        list(Dataset.from_iterable(lambda: None))


@pytest.mark.parametrize("source", [lambda: iter("abcde"), "abcde", list("abcde")])
def test_iterables_can_be_gone_through_again(source):
    dataset = Dataset.from_iterable(source)
    assert list(dataset) == list(dataset) == list("abcde")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.take(2), [0, 1]),
        (lambda d: d.take(9), [0, 1, 2, 3, 4]),
        (lambda d: d.skip(3), [3, 4]),
        (lambda d: d.skip(9), []),
        (lambda d: d.skip(1).take(2), [1, 2]),
        (lambda d: d.repeat(2).skip(3), [3, 4, 0, 1, 2, 3, 4]),
        (lambda d: d.repeat(0), []),
        (lambda d: d.repeat().take(7), [0, 1, 2, 3, 4, 0, 1]),
        (lambda d: d.take(0).repeat(), []),
        (lambda d: d.map(lambda i: i * i).prefetch(2), [0, 1, 4, 9, 16]),
        (lambda d: d.enumerate(5).map(lambda i, e: i - e), [5, 5, 5, 5, 5]),
        (lambda d: d.cache().repeat(2).take(6), [0, 1, 2, 3, 4, 0]),
        (lambda d: d.batch(2).map(sum), [1, 5, 4]),
        (lambda d: d.batch(2, drop_remainder=True).map(sum), [1, 5]),
        (lambda d: d.batch(9).map(len), [5]),
    ],
)
@pytest.mark.parametrize("sized", [True, False])
def test_changes(change, expected, sized):
    source = numbers(5) if sized else Dataset.from_iterable(lambda: iter(range(5)))
    dataset = change(source)
    assert list(dataset) == list(dataset) == expected
    if sized:
        assert len(dataset) == len(expected)
        assert repr(dataset) == f"<Dataset of {len(expected)}>"


def test_lengths_that_are_not_known():
    for dataset in (Dataset.from_iterable(lambda: iter("ab")), numbers(3).repeat()):
        assert not hasattr(dataset, "__len__")
        with pytest.raises(TypeError):
            len(dataset)
    assert repr(numbers(3).repeat()) == "<Dataset without end>"
    assert repr(Dataset.from_iterable(lambda: iter("ab"))) == "<Dataset of unknown length>"


@pytest.mark.parametrize("buffer", [None, 1, 4, 100])
@pytest.mark.parametrize("sized", [True, False])
def test_shuffles_hold_every_element_once(buffer, sized):
    source = numbers(30) if sized else Dataset.from_iterable(lambda: iter(range(30)))
    dataset = source.shuffle(buffer)
    ag.set_seed(3)
    first, second = list(dataset), list(dataset)
    assert sorted(first) == sorted(second) == list(range(30))
    assert (first != second) == (buffer != 1)
    ag.set_seed(3)
    assert list(dataset) == first and list(dataset.prefetch(3)) == second
    if buffer:
        assert all(element < i + buffer for i, element in enumerate(first))


def test_a_whole_shuffle_has_all_orders():
    ag.set_seed(0)
    seen = {tuple(numbers(3).shuffle()) for _ in range(100)}
    assert len(seen) == 6


def test_shuffled_rows_stay_together():
    x = np.arange(40).reshape(20, 2)
    for a, b in Dataset.from_arrays(x, np.arange(20)).shuffle().skip(3).take(9).batch(4):
        np.testing.assert_array_equal(a[:, 0], 2 * b)


def test_without_random_parts_nothing_is_drawn():
    ag.set_seed(0)
    before = ag.random.state()
    list(numbers(5).map(str).prefetch(2))
    assert ag.random.state() == before


def test_a_shuffle_of_what_never_ends_is_refused():
    with pytest.raises(ValueError, match=r"without end(?s:.*)shuffle before repeat, or give"):
        numbers(3).repeat().shuffle()
    assert len(list(numbers(3).repeat().shuffle(2).take(10))) == 10


@pytest.mark.parametrize(
    ("method", "argument", "text"),
    [
        ("batch", 0, r"Dataset.batch: bad `batch_size`"),
        ("shuffle", 0, r"Dataset.shuffle: bad `buffer`"),
        ("prefetch", 0.5, r"Dataset.prefetch: bad `size`"),
        ("take", -1, r"Dataset.take: bad `n`"),
        ("skip", None, r"Dataset.skip: bad `n`"),
        ("repeat", -1, r"Dataset.repeat: bad `times`"),
    ],
)
def test_bad_arguments(method, argument, text):
    with pytest.raises(ValueError, match=text):
        getattr(numbers(3), method)(argument)


@pytest.mark.parametrize("second", [np.zeros(3), (np.zeros(2), 1)])
def test_elements_that_do_not_fit_together(second):
    dataset = Dataset.from_sequence([np.zeros(2), second]).batch(2)
    with pytest.raises(ShapeError, match=r"got: +shapes \(2,\) and .*(?s:.*)pad_sequences"):
        list(dataset)


def test_elements_are_made_when_it_is_their_turn():
    asked = []

    class Loaded:
        def __len__(self):
            return 1000

        def __getitem__(self, i):
            if not 0 <= i < 1000:
                raise IndexError
            asked.append(i)
            return np.full(2, i)

    batch = next(iter(Dataset.from_sequence(Loaded()).shuffle().batch(4)))
    assert batch[:, 0].tolist() == asked


def test_random_functions_follow_the_seed_in_threads_too():
    def noise(x, rng):
        return x + rng.random()

    dataset = Dataset.from_arrays(np.zeros(6)).map(noise).batch(2)

    def drawn(d):
        ag.set_seed(4)
        return np.concatenate(list(d))

    first = drawn(dataset)
    assert len(set(first)) == 6
    np.testing.assert_array_equal(drawn(dataset.prefetch(2)), first)
    assert not np.isin(np.concatenate(list(dataset)), first).any()


@pytest.mark.parametrize("sized", [True, False])
def test_threads_change_no_numbers(sized):
    def noise(x, rng):
        return x, rng.integers(1000)

    def first(x, _):
        return x

    source = numbers(40) if sized else Dataset.from_iterable(lambda: iter(range(40)))
    steps = [
        lambda d: d.shuffle(9),
        lambda d: d.map(noise).map(first),
        lambda d: d.repeat(2).shuffle(),
        lambda d: d.map(noise),
    ]

    def drawn(ahead):
        dataset = source
        for step in steps:
            dataset = step(dataset).prefetch(3) if ahead else step(dataset)
        ag.set_seed(11)
        return [list(dataset), list(dataset)]

    assert drawn(True) == drawn(False)
    assert drawn(True)[0] != drawn(True)[1]


def test_builtins_without_a_signature_can_be_mapped():
    assert list(numbers(2).map(str)) == ["0", "1"]


def test_a_stop_iteration_in_a_function_does_not_end_the_pass_silently():
    dataset = numbers(3).map(lambda i: next(iter(())))
    for d in (dataset, dataset.prefetch(2)):
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(d)


def test_cache_computes_once_and_only_whole_passes_count():
    calls = []
    dataset = numbers(3).map(lambda i: calls.append(i) or i).cache()
    next(iter(dataset))
    assert calls == [0]
    assert [list(dataset) for _ in range(3)] == [[0, 1, 2]] * 3
    assert calls == [0, 0, 1, 2]


def test_prefetch_works_ahead():
    made = []
    iterator = iter(numbers(10).map(lambda i: made.append(i) or i).prefetch(3))
    assert next(iterator) == 0
    for _ in range(500):
        if len(made) == 4:
            break
        time.sleep(0.01)
    time.sleep(0.02)
    assert made == [0, 1, 2, 3]
    assert len(prefetching()) == 1
    iterator.close()
    assert prefetching() == []


def leave_early(dataset):
    for _ in dataset:
        break


def exhaust(dataset):
    assert len(list(dataset)) == 10


def raise_inside(dataset):
    with pytest.raises(ZeroDivisionError):
        for _ in dataset:
            raise ZeroDivisionError


@pytest.mark.parametrize("use", [leave_early, exhaust, raise_inside, iter])
def test_prefetch_leaves_no_thread(use):
    use(numbers(10).prefetch(2).batch(1).prefetch(1))
    gc.collect()
    assert prefetching() == []


def test_errors_pass_through_prefetch_in_their_place():
    iterator = iter(numbers(5).map(lambda i: 1 // (3 - i)).prefetch(4))
    assert [next(iterator) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError) as error:
        next(iterator)
    assert any(entry.name == "<lambda>" for entry in error.traceback)
    assert prefetching() == []


def test_the_source_of_a_prefetch_is_closed_with_it():
    closed = []

    def source():
        try:
            yield from range(10)
        finally:
            closed.append(threading.current_thread().name)

    iterator = source()
    ahead = prefetched(iterator, 2)
    next(ahead)
    ahead.close()
    assert closed == ["prefetch"]
