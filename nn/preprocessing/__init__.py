"""What is done to samples before a model sees them: arrays, sequences, images, text."""

from nn.preprocessing.arrays import normalize, one_hot, pad_sequences
from nn.preprocessing.images import random_flip, random_rotation, random_shift, random_zoom
from nn.preprocessing.splitting import train_test_split
from nn.preprocessing.text import Tokenizer

__all__ = [
    "Tokenizer",
    "normalize",
    "one_hot",
    "pad_sequences",
    "random_flip",
    "random_rotation",
    "random_shift",
    "random_zoom",
    "train_test_split",
]
