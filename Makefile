# `make` alone lists the commands. Needs Python >= 3.11, pip and make; all else goes into $(VENV).

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS   ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help mnist test lint format docs mutate bench bench-scaling clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' Makefile

mnist: $(VENV)/.core  ## train on MNIST and print the test accuracy
	$(BIN)/python examples/mnist.py $(ARGS)

# One thread a worker: as many busy pools as workers would fight for the same cores. Tests of
# threading set their own counts.
test: export AUTOGRAD_LITE_NUM_THREADS ?= 1
test: export OPENBLAS_NUM_THREADS ?= 1
test: $(VENV)/.test  ## run the whole suite
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.lint  ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.lint  ## mend style and format in place
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.core  ## write docs/differentiable.md from the registry of ops
	$(BIN)/python -m autograd_lite differentiable > docs/differentiable.md

mutate: $(VENV)/.test  ## break every derivative rule in turn, and list what no check notices
	$(BIN)/python tests/mutate.py $(ARGS)

bench: $(VENV)/$(if $(PEERS),.bench,.core)  ## measure; PEERS=1 installs PyTorch and JAX to measure against
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-scaling: $(VENV)/.bench  ## draw how time and memory grow, beside PyTorch's; takes minutes
	$(BIN)/python benchmarks/scaling.py $(ARGS)

clean:  ## remove the environment and everything built or cached in the clone
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python without ensurepip (Debian's) makes the environment bare and lends it its own pip.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit( \
	    f"Python 3.11 or newer is needed, and this is {v.major}.{v.minor}: try make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV) > /dev/null \
	    || { $(PYTHON) -m venv --clear --without-pip $(VENV) \
	         && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@touch $@

$(VENV)/.core: pyproject.toml | $(VENV)/.created
	$(PIP) --editable .
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.bench: $(VENV)/.%: $(VENV)/.core
	$(PIP) --editable '.[$*]'
	@touch $@
