"""Files whose arrays are one after the other in `values`, and described in `index`, in JSON."""

import json
from pathlib import Path

import numpy as np


def load(name):
    """The rows of a file, their arrays in place of shapes, and the file's other arrays."""
    with np.load(Path(__file__).with_name(name)) as file:
        others = dict(file)
    rows, values, at = json.loads(others.pop("index").tobytes()), others.pop("values"), 0
    for row in rows:
        for kind, shapes in row.pop("shapes").items():
            row[kind] = []
            for shape in shapes:
                size = int(np.prod(shape))
                row[kind].append(values[at : at + size].reshape(shape))
                at += size
    assert at == values.size
    return rows, others
