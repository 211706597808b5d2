# Each target works alone, first, on a machine with git, make and Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ENGINE := $(wildcard src/supplysim/engine/native/*.?pp src/supplysim/engine/native/build.py)
SCENARIO ?= scenarios/gallium-from-pavlodar.yaml

.PHONY: run test test-all lint bench docs clean

run: $(VENV)/.installed
	$(BIN)/supplysim run $(SCENARIO)

test: $(VENV)/.installed-test
	@tools/chromium.sh
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m 'not slow'

test-all: $(VENV)/.installed-test
	@tools/chromium.sh
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.goals
	$(BIN)/python -m benchmarks

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'Open site/index.html in a browser.'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt hatch_build.py $(ENGINE) | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[all]'
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

$(VENV)/.installed-lint: $(VENV)/.installed-test
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,lint]'
	touch $@

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache
