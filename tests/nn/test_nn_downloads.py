"""Data sets that are fetched: from where, checked how, and what is said when it fails."""

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import types

import numpy as np
import pytest

import nn
from autograd_lite.errors import DataError
from nn.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    download,
    fashion_mnist,
    imdb,
    tables,
)

URL = "https://example.org/folder/numbers.npz"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def web(home, monkeypatch):
    """What is published, by its address; an exception is raised."""
    pooch = pytest.importorskip("pooch")
    published = {}

    def get(self, url, output_file, pooch, **_):
        content = published[url]
        if isinstance(content, Exception):
            raise content
        output_file.write(content)

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", get)
    return published


def sha256(raw):
    return hashlib.sha256(raw).hexdigest()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_a_file_is_fetched_once(web, home):
    web[URL] = b"content"
    path = download.fetch(URL, "deep/numbers.npz", sha256(b"content"))
    assert path == home / "deep" / "numbers.npz" and path.read_bytes() == b"content"
    del web[URL]
    assert download.fetch(URL, "deep/numbers.npz", sha256(b"content")) == path


def test_another_content_is_refused_and_not_kept(web, home):
    web[URL] = b"other"
    with pytest.raises(DataError, match=r"^https://example.org\S+: what came is not") as error:
        download.fetch(URL, "numbers.npz", sha256(b"content"))
    assert f"expected: SHA-256 {sha256(b'content')}" in str(error.value)
    assert sha256(b"other") in str(error.value)
    assert str(home / "numbers.npz") in str(error.value)
    assert not (home / "numbers.npz").exists()


def test_offline_the_error_says_what_to_put_where(web, home):
    web[URL] = ConnectionError("no route")
    with pytest.raises(DataError, match=r"numbers.npz: the file is not there and cannot") as error:
        download.fetch(URL, "numbers.npz", "0" * 64)
    text = str(error.value)
    assert "got:      ConnectionError: no route" in text and "0" * 64 in text
    assert f"get {URL}\n" in text and f"put it at {home / 'numbers.npz'}" in text


class Lost:
    """A server that gives ranges, and loses the connection after some bytes."""

    def __init__(self, monkeypatch, content, most, ranges=True):
        pooch = pytest.importorskip("pooch")
        requests = pytest.importorskip("requests")
        self.asked = []

        def get(downloader, url, file, _):
            start = int(downloader.kwargs["headers"].get("Range", "bytes=0-")[6:-1])
            self.asked.append(start)
            if start == len(content) and ranges:
                answer = requests.Response()
                answer.status_code = 416
                raise requests.HTTPError(response=answer)
            file.write(content[start if ranges else 0 :][:most])
            file.flush()
            if start + most < len(content):
                raise requests.ConnectionError("lost")

        monkeypatch.setattr(pooch.HTTPDownloader, "__call__", get)


CONTENT = bytes(range(250))


def test_a_download_goes_on_where_it_broke_off(home, monkeypatch):
    server = Lost(monkeypatch, CONTENT, 100)
    for _ in range(2):
        with pytest.raises(DataError, match=r"cannot be fetched(?s:.*)lost(?s:.*)try again"):
            download.fetch(URL, "a/numbers.npz", sha256(CONTENT))
    path = download.fetch(URL, "a/numbers.npz", sha256(CONTENT))
    assert path.read_bytes() == CONTENT and server.asked == [0, 100, 200]
    assert [p.name for p in path.parent.iterdir()] == ["numbers.npz"]


@pytest.mark.parametrize("start", [CONTENT[:100], b"other", CONTENT, CONTENT + b"more"])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_start_that_cannot_be_gone_on_from_is_left(home, monkeypatch, start, ranges):
    Lost(monkeypatch, CONTENT, 1000, ranges)
    (home / "numbers.npz.part").write_bytes(start)
    path = download.fetch(URL, "numbers.npz", sha256(CONTENT))
    assert path.read_bytes() == CONTENT
    assert [p.name for p in home.iterdir()] == ["numbers.npz"]


def test_a_file_put_there_by_hand_needs_nothing_installed(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    (home / "numbers.npz").write_bytes(b"content")
    assert download.fetch(URL, "numbers.npz", sha256(b"content")).exists()
    with pytest.raises(DataError, match=r"numbers.npz: not the published(?s:.*)fix: +remove the"):
        download.fetch(URL, "numbers.npz", "0" * 64)
    with pytest.raises(ImportError, match=r'pooch is not inst(?s:.*)"autograd_lite\[data\]", or'):
        download.fetch(URL, "others.npz", "0" * 64)


def test_what_cannot_be_read_is_an_error_of_data(home):
    (home / "numbers.npz").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        download.fetch(URL, "numbers.npz", "0" * 64)


@pytest.mark.parametrize(
    ("platform", "variables", "parts"),
    [
        ("linux", {"XDG_CACHE_HOME": "c"}, ("c", "autograd_lite", "datasets")),
        ("linux", {"HOME": "h"}, ("h", ".cache", "autograd_lite", "datasets")),
        ("darwin", {"HOME": "h"}, ("h", "Library", "Caches", "autograd_lite", "datasets")),
        ("win32", {"LOCALAPPDATA": "l"}, ("l", "autograd_lite", "datasets")),
    ],
)
def test_the_folder_is_the_users_cache(monkeypatch, platform, variables, parts):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("AUTOGRAD_LITE_DATA_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DataError, match=r"fix: +set AUTOGRAD_LITE_DATA_DIR"):
        download.folder()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert download.folder().parts == parts


def test_hashes_are_hashes():
    modules = (boston_housing, california_housing, cifar10, imdb)
    found = [m.SHA256 for m in modules] + list(fashion_mnist.FILES.values())
    assert len(set(found)) == 8 and all(len(bytes.fromhex(h)) == 32 for h in found)


def test_fashion_mnist(web, monkeypatch):
    raw = {}
    for name in fashion_mnist.FILES:
        shape = (2, 28, 28) if "images" in name else (2,)
        values = np.arange(np.prod(shape)).astype(np.uint8).tobytes()
        header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        raw[name] = gzip.compress(header + values)
        web[download.KERAS + name] = raw[name]
    monkeypatch.setattr(fashion_mnist, "FILES", {n: sha256(r) for n, r in raw.items()})
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == x_test.shape == (2, 28, 28) and x_train[0, 0, 5] == 5
    assert y_train.tolist() == y_test.tolist() == [0, 1]
    assert len(fashion_mnist.CLASSES) == 10
    cut = raw["t10k-labels-idx1-ubyte.gz"][:-9]
    path = download.folder() / "fashion_mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(cut)
    monkeypatch.setitem(fashion_mnist.FILES, path.name, sha256(cut))
    with pytest.raises(DataError, match="the file is truncated"):
        fashion_mnist.load_data()


def archive(parts, folder="cifar-10-batches-bin"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in parts.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def cifar(web, monkeypatch):
    """Publishes an archive in which each part has two photographs."""
    monkeypatch.setattr(cifar10, "ROWS", 2)

    def publish(parts):
        raw = web[cifar10.URL] = archive(parts)
        monkeypatch.setattr(cifar10, "SHA256", sha256(raw))

    return publish


def photographs(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 10, (2, 1), np.uint8), rng.integers(0, 256, (2, 3, 32, 32), np.uint8)


def test_cifar10(cifar):
    parts = {name: photographs(i) for i, name in enumerate(cifar10.PARTS)}
    cifar(
        {"readme.html": b"text"}
        | {n: np.hstack([y, x.reshape(2, -1)]).tobytes() for n, (y, x) in parts.items()}
    )
    (x_train, y_train), (x_test, y_test) = nn.datasets.cifar10.load_data()
    assert x_train.shape == (10, 32, 32, 3) and y_train.shape == (10, 1)
    assert x_test.shape == (2, 32, 32, 3) and x_test.dtype == y_test.dtype == np.uint8
    y, x = parts["data_batch_5.bin"]
    np.testing.assert_array_equal(x_train[8:], x.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(y_train[8:], y)
    np.testing.assert_array_equal(y_test, parts["test_batch.bin"][0])


@pytest.mark.parametrize(
    ("parts", "text"),
    [({}, "not readable"), (dict.fromkeys(cifar10.PARTS, b"short"), "got: +5 bytes")],
)
def test_an_archive_that_is_not_cifar10(cifar, parts, text):
    cifar(parts)
    with pytest.raises(DataError, match=text):
        cifar10.load_data()


REVIEWS = {
    "train/pos/1_9.txt": "Good, good and good!<br /><br />Très bon.",
    "train/neg/0_1.txt": "bad and bad",
    "test/pos/0_7.txt": "good or bad",
    "test/neg/9_2.txt": "bad",
}


@pytest.fixture
def reviews(web, monkeypatch):
    """Publishes an archive of some reviews."""

    def publish(texts):
        raw = web[imdb.URL] = archive({n: t.encode() for n, t in texts.items()}, "aclImdb")
        monkeypatch.setattr(imdb, "SHA256", sha256(raw))
        imdb._reviews.cache_clear()
        imdb._ranks.cache_clear()

    yield publish
    imdb._reviews.cache_clear()
    imdb._ranks.cache_clear()


def test_imdb(reviews):
    reviews(REVIEWS | {"train/unsup/0_0.txt": "what nobody judged", "README": "text"})
    ranks = imdb.get_word_index()
    assert ranks == {"good": 1, "and": 2, "bad": 3, "bon": 4, "très": 5}
    (x_train, y_train), (x_test, y_test) = imdb.load_data()
    assert dict(zip(y_train.tolist(), x_train, strict=True)) == {
        0: [1, 6, 5, 6],
        1: [1, 4, 4, 5, 4, 8, 7],
    }
    assert dict(zip(y_test.tolist(), x_test, strict=True)) == {0: [1, 6], 1: [1, 4, 2, 6]}
    assert nn.preprocessing.pad_sequences(x_test, maxlen=3).shape == (2, 3)


def test_imdb_in_part(reviews):
    reviews(REVIEWS)
    (x, y), _ = imdb.load_data(num_words=6, skip_top=5, maxlen=5)
    assert x.tolist() == [[1, 2, 5, 2]] and y.tolist() == [0]
    (x, y), _ = imdb.load_data(num_words=6, start_char=None, oov_char=None, index_from=0)
    assert sorted(x.tolist()) == [[1, 1, 2, 1, 5, 4], [3, 2, 3]]
    with pytest.raises(ValueError, match="num_words"):
        imdb.load_data(num_words=0)


@pytest.mark.parametrize(
    ("texts", "text"), [({}, "no reviews in it"), ({"train/pos/1_1.txt": "a"}, "0 to test on")]
)
def test_an_archive_that_is_not_imdb(reviews, texts, text):
    reviews(texts)
    with pytest.raises(DataError, match=text):
        imdb.load_data()


@pytest.mark.parametrize("module", [boston_housing, california_housing])
def test_housing_is_split_as_keras_does_it(web, monkeypatch, module):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20.0)
    raw = web[download.KERAS + module.FILE] = npz(x=x, y=y)
    monkeypatch.setattr(module, "SHA256", sha256(raw))
    (x_train, y_train), (x_test, y_test) = module.load_data()
    np.testing.assert_array_equal(x_train[:, 0], 2 * y_train)
    np.testing.assert_array_equal(x_test[:, 1], 2 * y_test + 1)
    assert sorted([*y_train, *y_test]) == list(range(20))
    assert y_test.tolist() == [12, 10, 2, 5]  # what Keras 3 gives for these arrays
    assert module.load_data(test_split=0.5, seed=1)[1][0].shape == (10, 2)
    with pytest.raises(ValueError, match=f"{module.__name__.split('.')[-1]}: bad `test_split`"):
        module.load_data(test_split=1.0)


def test_california_housing_in_two_sizes(web, monkeypatch):
    raw = web[download.KERAS + california_housing.FILE] = npz(x=np.zeros((700, 8)), y=np.zeros(700))
    monkeypatch.setattr(california_housing, "SHA256", sha256(raw))
    assert california_housing.load_data("small")[0][0].shape == (480, 8)
    assert california_housing.load_data("large")[0][0].shape == (560, 8)
    with pytest.raises(ValueError, match=r"california_housing: `version`: unknown name"):
        california_housing.load_data("medium")


@pytest.mark.parametrize(
    "raw",
    [b"", b"text", npz(x=np.zeros(3)), npz(x=np.array([[1], [2, 3]], object), y=np.zeros(2))],
)
def test_tables_that_are_no_tables(tmp_path, raw):
    (tmp_path / "t.npz").write_bytes(raw)
    with pytest.raises(DataError, match=r't.npz: not readable(?s:.*)npz of "x" and "y"'):
        tables.read(tmp_path / "t.npz")


def test_sklearn_by_name(monkeypatch):
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 4
    datasets = types.SimpleNamespace(
        load_iris=lambda return_X_y: (x, y), load_diabetes=lambda return_X_y: (x, x[:, 0])
    )
    monkeypatch.setitem(sys.modules, "sklearn", types.SimpleNamespace(datasets=datasets))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)
    (x_train, y_train), (x_test, y_test) = nn.datasets.sklearn.load("iris")
    assert x_train.shape == (32, 2) and np.bincount(y_test).tolist() == [2, 2, 2, 2]
    np.testing.assert_array_equal(x_train[:, 0] / 2 % 4, y_train)
    np.testing.assert_array_equal(nn.datasets.sklearn.load("iris")[1][0], x_test)
    assert nn.datasets.sklearn.load("diabetes", test_size=0.5)[1][1].shape == (20,)


def test_sklearn_as_it_is():
    pytest.importorskip("sklearn")
    shapes = {"breast_cancer": 30, "diabetes": 10, "digits": 64, "iris": 4, "wine": 13}
    for name, features in shapes.items():
        (x_train, _), (_, y_test) = nn.datasets.sklearn.load(name)
        assert x_train.shape[1] == features and y_test.ndim == 1


def test_what_sklearn_does_not_have(monkeypatch):
    with pytest.raises(ValueError, match=r"nn.datasets.sklearn.load: unknown(?s:.*)mean 'iris'"):
        nn.datasets.sklearn.load("irises")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'not installed\n  fix: +pip install "autograd_lite\[sk'):
        nn.datasets.sklearn.load("iris")
