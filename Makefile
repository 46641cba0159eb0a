# Every target does all of its own set-up: it needs only make and a Python 3.10 or newer.
#   make PYTHON=/path/to/python3.12 ...    chooses the Python
#   make test CHROMIUM_PATH=/path/to/it    chooses the browser
#   make test POSTGRES_BIN=/path/to/bin    chooses the PostgreSQL

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
# Node.js, npm and jlpm are those that PyPI has: whatever the machine has is not asked.
JLPM := cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" jlpm
STAMP := $(VENV)/.installed
# A file's tests stay together: they share what is slow to make, such as a JupyterLab.
SHARED := --numprocesses=logical --maxprocesses=4 --dist=loadfile

# A user's own settings must not reach into our environment; bytecode saves seconds at every start.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PYTHON CHROMIUM_PATH POSTGRES_BIN

.PHONY: help demo test lint unit torture bench set-up clean

help:
	@echo "make demo    run the quickstart notebook for real and print what it made"
	@echo "make test    everything: lint, types, rings, all tests (browser too); what CI runs"
	@echo "make lint    ruff, mypy and import-linter only"
	@echo "make unit    the quick tests only"
	@echo "make torture kill jobs a thousand times, at random and at every rename, and see that they come right"
	@echo "make bench   measure the figures of the README on this machine, and put them there"
	@echo "make set-up  only make $(VENV)"
	@echo "make sidebar build the JupyterLab sidebar again after a change in labextension/"
	@echo "make clean   remove $(VENV), the demo and all caches of this folder"

set-up: $(STAMP)

$(STAMP): pyproject.toml tools/set-up.sh
	@sh tools/set-up.sh $(VENV)
	@touch $@

demo: $(STAMP)
	@$(BIN)/python tools/demo.py .demo

lint: $(STAMP)
	@echo "ruff check";    $(BIN)/ruff check
	@echo "ruff format";   $(BIN)/ruff format --check
	@echo "mypy";          $(BIN)/mypy
	@echo "import-linter"; $(BIN)/lint-imports --no-logo
	@echo "sidebar";       $(JLPM) lint:check

unit: $(STAMP)
	@$(BIN)/python -m pytest -m "not slow and not browser"

sidebar: $(STAMP)
	@$(JLPM) build:prod

test: lint
	@$(JLPM) test
	@CHROMIUM_PATH=$$(sh tools/chromium.sh) && POSTGRES_BIN=$$(sh tools/postgres.sh) && \
		export CHROMIUM_PATH POSTGRES_BIN && $(BIN)/python -m pytest $(SHARED)

torture: $(STAMP)
	@$(BIN)/python tests/workspace/torture.py 1000

bench: $(STAMP)
	@$(BIN)/python tools/bench.py

clean:
	rm -rf labextension/node_modules labextension/lib labextension/tsconfig.tsbuildinfo modelop_jupyter/labextension
	rm -rf $(VENV) .demo test-artifacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
