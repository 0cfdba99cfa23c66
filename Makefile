# emocurate: `make demo` and `make test` set themselves up; nothing but Python >= 3.11 and make is needed.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder
# Hundreds of processes that tests start import the same modules, which are compiled once only where that may be kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-all lint bench clean

demo: .venv/ready-demo
	$(BIN)/emocurate demo demo

test: lint .venv/ready-studio
	$(PYTEST)
	$(BIN)/python tests/wheel.py --smoke

test-all: lint .venv/ready-studio
	EMOCURATE_NOTHING_LEFT_OUT=1 $(PYTEST)
	EMOCURATE_NOTHING_LEFT_OUT=1 $(BIN)/python tests/wheel.py --suite

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready-dev
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf .venv build dist demo

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready-demo: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[demo]'
	touch $@

.venv/ready-dev: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[dev]'
	# the extra [faces] brings an OpenCV with windows, which wants libGL; both write the same files, the last one stays
	$(INSTALL) --force-reinstall --no-deps opencv-python-headless
	touch $@

.venv/ready-studio: .venv/ready-dev
	$(BIN)/python -m tests.studio_server
	touch $@
