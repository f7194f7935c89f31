# The two commands of the README are `make score` and `make test`; each sets up what it needs in .venv first.

PYTHON ?= python3
VENV   ?= .venv
OUT    ?= build/demo

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
FRAME := pyproject.toml constraints.txt extractor/__init__.py

.PHONY: help score test lint format readme model wheel clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

score: $(VENV)/.score ## score the bundled demo archive
	@mkdir -p $(OUT)
	$(BIN)/myelocode score corpora/demo/reports.csv --out $(OUT)/scored.parquet --evidence $(OUT)/evidence.parquet --show 30 --force

test: $(VENV)/.test ## run the whole test suite
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## style and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(VENV)/.dev ## let ruff write what it can
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

readme: $(VENV)/.score ## write the output of the README's commands into it
	$(BIN)/python scripts/update_readme.py

model: $(VENV)/.score ## learn the shipped confidence model anew from the corpora
	$(BIN)/myelocode train corpora --notes corpora/notes --out models/myelogram-1 --force

wheel: $(VENV)/.dev ## build the distribution into dist/
	$(BIN)/python -m build

clean: ## remove what make made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Myelocode needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is `$(PYTHON) -V 2>&1`: try make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.score: $(VENV)/.python $(FRAME)
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.python $(FRAME)
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.score

$(VENV)/.dev: $(VENV)/.python $(FRAME)
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.score
