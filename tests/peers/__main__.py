"""What one framework gives, as JSON: ``python -m peers torch`` in the folder `tests`.

In a process of its own: JAX's threads and 64-bit switch would reach into other tests.
"""

import argparse
import json
import warnings

import numpy as np

from peers.frameworks import FRAMEWORKS
from peers.points import measured
from peers.rows import compare

parser = argparse.ArgumentParser(prog="python -m peers")
parser.add_argument("framework", choices=FRAMEWORKS)
parser.add_argument("--rows", action="store_true", help="compare the rows of op_cases instead")
parser.add_argument("--all", action="store_true", help="all rows of JAX too, which takes minutes")
arguments = parser.parse_args()
framework = FRAMEWORKS[arguments.framework]()
# JAX compiles each op of each shape: a row of some of the ops has to do.
most, every = (1, 12) if arguments.framework == "jax" and not arguments.all else (1000, 1)
told = {"version": framework.version}
with warnings.catch_warnings(), np.errstate(all="ignore"):
    warnings.simplefilter("ignore")
    if arguments.rows:
        told["outcomes"] = [*compare(framework, most, every)]
    else:
        told |= measured(framework)
print(json.dumps(told))
