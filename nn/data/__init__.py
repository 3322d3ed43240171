"""Samples: arrays that are checked, split and served in batches, and pipelines of batches."""

from nn.data.arrays import in_file as in_file
from nn.data.dataset import Dataset
from nn.data.samples import as_input as as_input
from nn.data.samples import batches as batches
from nn.data.samples import check_weights as check_weights
from nn.data.samples import class_weights as class_weights
from nn.data.samples import columns as columns
from nn.data.samples import inputs as inputs
from nn.data.samples import naming as naming
from nn.data.samples import rows as rows
from nn.data.samples import several as several
from nn.data.samples import split as split
from nn.data.samples import steps as steps
from nn.data.samples import three as three
from nn.data.samples import warn_of_unseen as warn_of_unseen

__all__ = ["Dataset"]
