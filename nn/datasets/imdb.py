"""IMDB: 50,000 film reviews, as many good as bad, as the numbers of their words.

A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng and C. Potts, "Learning word vectors for
sentiment analysis", Proceedings of ACL 2011. Fetched from the authors' page, as text: Keras' own
file of numbers is a pickle. So words are told apart by our rules, and have other ranks there.
"""

from __future__ import annotations

import functools
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import DataError, explain
from nn.checks import count, positive_int
from nn.datasets.download import fetch
from nn.preprocessing.text import LEVELS

__all__ = ["get_word_index", "load_data"]

Split = tuple[NDArray[Any], NDArray[np.int64]]
Reviews = list[tuple[list[str], int]]

FILE = "aclImdb_v1.tar.gz"
URL = "https://ai.stanford.edu/~amaas/data/sentiment/" + FILE
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
KINDS = {"neg": 0, "pos": 1}


def load_data(
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """Read the reviews; the first time, fetch 80 MB, for which the extra `data` is needed.

    It takes some twenty seconds to find the words, once in a process.

    Args:
        num_words: Numbers from this one on are replaced by `oov_char`; None keeps all.
        skip_top: So many of the most frequent words are replaced too.
        maxlen: Longer reviews are left out.
        seed: Of the order.
        start_char: What a review begins with; None for nothing.
        oov_char: What stands for a word that is replaced; None leaves it out.
        index_from: What is added to ranks, which begin with 1: the lowest number of a word is
            one more.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: arrays of lists of ints, for `pad_sequences`, and
        labels, 1 for a good review.

    Raises:
        DataError: the file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
        ValueError: a setting makes no sense.
    """
    where = "imdb.load_data"
    most = None if num_words is None else positive_int(where, "num_words", num_words)
    longest = None if maxlen is None else positive_int(where, "maxlen", maxlen)
    least, generator = count(where, "skip_top", skip_top), np.random.RandomState(seed)
    ranks, parts = get_word_index(), []

    def number(word: str) -> int | None:
        rank = ranks[word] + index_from if word in ranks else None
        shown = rank is not None and rank >= least and (most is None or rank < most)
        return rank if shown else oov_char

    for part in ("train", "test"):
        reviews = _reviews(fetch(URL, FILE, SHA256))[part]
        x, y = [], []
        for i in generator.permutation(len(reviews)):
            words, label = reviews[i]
            numbers = [n for n in map(number, words) if n is not None]
            row = numbers if start_char is None else [start_char, *numbers]
            if longest is None or len(row) < longest:
                x.append(row)
                y.append(label)
        rows = np.empty(len(x), object)
        rows[:] = x
        parts.append((rows, np.array(y, np.int64)))
    return parts[0], parts[1]


def get_word_index() -> dict[str, int]:
    """The rank of each word of the training reviews, 1 for the most frequent.

    Raises:
        DataError: the file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
    """
    return dict(_ranks(fetch(URL, FILE, SHA256)))


@functools.lru_cache(1)
def _ranks(path: Path) -> dict[str, int]:
    counted = Counter(word for words, _ in _reviews(path)["train"] for word in words)
    # Among equals in the order of the alphabet, not of the archive.
    ordered = sorted(counted, key=lambda word: (-counted[word], word))
    return {word: rank for rank, word in enumerate(ordered, 1)}


@functools.lru_cache(1)
def _reviews(path: Path) -> dict[str, Reviews]:
    """Words and label of each review, by part, in the order of their names."""
    try:
        with tarfile.open(path) as archive:
            found = sorted(_texts(archive))
    except (OSError, EOFError, UnicodeDecodeError, tarfile.TarError, zlib.error) as error:
        raise DataError(
            explain(str(path), "not readable", got=repr(error), expected="IMDB's archive")
        ) from error
    parts: dict[str, Reviews] = {"train": [], "test": []}
    for part, kind, _, text in found:
        parts[part].append((LEVELS["word"](text.replace("<br />", " ")), KINDS[kind]))
    if not all(parts.values()):
        got = ", ".join(f"{len(reviews)} to {part} on" for part, reviews in parts.items())
        raise DataError(explain(str(path), "no reviews in it", got=got))
    return parts


def _texts(archive: tarfile.TarFile) -> Iterable[tuple[str, str, str, str]]:
    """Part, kind, name and text of each review. Nothing is unpacked."""
    for member in archive:
        parts = PurePosixPath(member.name).parts
        if len(parts) == 4 and parts[1] in ("train", "test") and parts[2] in KINDS:
            file = archive.extractfile(member)
            if file is not None:
                yield parts[1], parts[2], parts[3], file.read().decode()
