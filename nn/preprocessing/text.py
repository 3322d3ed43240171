"""Text as numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from autograd_lite.errors import choose, explain
from nn.checks import positive_int

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
LEVELS: dict[str, Callable[[str], list[str]]] = {
    "word": lambda text: WORD.findall(text.lower()),
    "char": list,
}
PADDING, UNKNOWN = 0, 1


class Tokenizer:
    """Texts as lists of numbers, and back: 0 is padding, 1 what is not known, 2 the most frequent.

    Args:
        level: "word": lower case, without punctuation; or "char": every character as it is.
        num_tokens: The numbers to use at most, 0 and 1 among them; all that are needed by default.
        vocabulary: Words or characters from number 2 on, instead of `fit`.

    Attributes:
        vocabulary: Likewise, after `fit`. It is all there is to save.

    Raises:
        ValueError: `level` or `num_tokens` is no such thing, or a word is in `vocabulary` twice.

    Example:
        >>> tokenizer = Tokenizer().fit(["the cat sat", "The dog!"])
        >>> tokenizer.encode("the bird sat")
        [2, 1, 4]
        >>> tokenizer.decode([2, 3, 0])
        'the cat'
        >>> nn.preprocessing.pad_sequences(tokenizer.encode_all(["the dog", "dog"]))
        array([[2, 5],
               [0, 5]], dtype=int32)
    """

    def __init__(
        self,
        level: str = "word",
        num_tokens: int | None = None,
        vocabulary: Iterable[str] = (),
    ) -> None:
        where = "Tokenizer"
        self._parts = choose(LEVELS, level, f"{where}: `level`")
        self.level = level
        if num_tokens is not None and positive_int(where, "num_tokens", num_tokens) <= UNKNOWN:
            expected = "2 or more, as 0 and 1 are padding and the unknown"
            raise ValueError(
                explain(where, "bad `num_tokens`", got=repr(num_tokens), expected=expected)
            )
        self.num_tokens = num_tokens
        self._learn(list(vocabulary))

    def __len__(self) -> int:
        """How many numbers there are: the `input_dim` of an `Embedding`."""
        return len(self.vocabulary) + UNKNOWN + 1

    def fit(self, texts: Iterable[str]) -> Tokenizer:
        """Learn the vocabulary: the most frequent first, those as frequent as they appear.

        Raises:
            TypeError: `texts` is one string.
        """
        frequencies = Counter(part for text in _several("fit", texts) for part in self._parts(text))
        most = None if self.num_tokens is None else self.num_tokens - UNKNOWN - 1
        self._learn([part for part, _ in frequencies.most_common(most)])
        return self

    def encode(self, text: str) -> list[int]:
        """The number of each word or character."""
        return [self._numbers.get(part, UNKNOWN) for part in self._parts(text)]

    def encode_all(self, texts: Iterable[str]) -> list[list[int]]:
        """Each text, encoded: what `pad_sequences` takes.

        Raises:
            TypeError: `texts` is one string.
        """
        return [self.encode(text) for text in _several("encode_all", texts)]

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of some numbers, without padding; "[UNK]" is what was not known.

        Raises:
            ValueError: there is no such number.
        """
        names = [None, "[UNK]", *self.vocabulary]
        wrong = [n for n in numbers if not 0 <= n < len(names)]
        if wrong:
            expected = f"0 to {len(names) - 1}"
            raise ValueError(
                explain("Tokenizer.decode", "no such number", got=str(wrong[0]), expected=expected)
            )
        found = [name for n in numbers if (name := names[n]) is not None]
        return ("" if self.level == "char" else " ").join(found)

    def _learn(self, vocabulary: list[str]) -> None:
        self.vocabulary = vocabulary
        self._numbers = {part: i for i, part in enumerate(vocabulary, UNKNOWN + 1)}
        if len(self._numbers) != len(vocabulary):
            twice = next(part for part, n in Counter(vocabulary).items() if n > 1)
            raise ValueError(explain("Tokenizer", "bad `vocabulary`", got=f"{twice!r} twice"))


def _several(method: str, texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str):
        raise TypeError(
            explain(
                f"Tokenizer.{method}",
                "one string instead of several",
                got=repr(texts[:40]),
                fix="[text]",
            )
        )
    return texts
