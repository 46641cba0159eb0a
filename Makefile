# Every target does all of its own set-up: it needs only make and a Python 3.10 or newer.
#   make PYTHON=/path/to/python3.12 ...    chooses the Python
#   make test CHROMIUM_PATH=/path/to/it    chooses the browser
#   make test POSTGRES_BIN=/path/to/bin    chooses the PostgreSQL
#   make test HUB_PROXY=/path/to/it        chooses JupyterHub's proxy

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Node.js, npm and jlpm are those that PyPI has: whatever the machine has is not asked.
JLPM := cd labextension && PATH="$$PWD/../$(BIN):$$PATH" jlpm
# What is installed: enough for the demo, or for everything; and the sidebar, as its sources are.
DEMO := $(VENV)/.installed-demo
ALL := $(VENV)/.installed-test
SIDEBAR := $(VENV)/.installed-sidebar
SIDEBAR_SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f) \
	$(addprefix labextension/,package.json yarn.lock .yarnrc.yml tsconfig.json)
# A file's tests stay together: they share what is slow to make, such as a JupyterLab. tests/conftest.py
# has their number and the order: xdist's own puts files with many quick tests first.
SHARED := --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# A user's own settings must not reach into our environment; bytecode saves seconds at every start.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PYTHON CHROMIUM_PATH POSTGRES_BIN HUB_PROXY

.PHONY: help demo docs test lint lint-sidebar test-sidebar unit sidebar catalogue torture bench dist set-up clean

help:
	@echo "make demo    run the quickstart notebook for real and print what it made"
	@echo "make test    everything: lint, types, rings, all tests (browser too); what CI runs"
	@echo "make docs    build the documentation in docs/_build/html, with the notebooks as they run"
	@echo "make lint    ruff, mypy and import-linter only"
	@echo "make unit    the quick tests only"
	@echo "make torture kill jobs a thousand times, at random and at every rename, a cluster's workers and scheduler, and deployments under load, and see that all comes right"
	@echo "make bench   measure the figures of docs/explanation/figures.md on this machine, and put them there"
	@echo "make dist    build sdist and wheel, check them, and try the wheel in an empty environment"
	@echo "make set-up  only make $(VENV)"
	@echo "make sidebar build the JupyterLab sidebar, where something changed in labextension/"
	@echo "make catalogue collect the texts for translators, and compile what they have translated"
	@echo "make clean   remove $(VENV), the demo and all caches of this folder"

set-up: $(ALL) $(SIDEBAR)

$(DEMO): pyproject.toml tools/set-up.sh tools/install.py
	@sh tools/set-up.sh $(VENV) demo
	@touch $@

$(ALL): pyproject.toml tools/set-up.sh tools/install.py
	@sh tools/set-up.sh $(VENV) test
	@touch $(DEMO) $@

# Both installations have what builds it: the one that is there will do.
$(SIDEBAR): $(SIDEBAR_SOURCES) | $(DEMO)
	@$(BIN)/python tools/install.py sidebar
	@touch $@

demo: $(DEMO)
	@$(BIN)/python tools/demo.py .demo $(MAKE) sidebar

# A warning, such as a link that leads nowhere, is an error.
docs: $(ALL)
	@$(BIN)/python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet --doctree-dir docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

lint: $(ALL) $(SIDEBAR)
	@echo "ruff check";    $(BIN)/ruff check
	@echo "ruff format";   $(BIN)/ruff format --check
	@echo "mypy";          $(BIN)/mypy
	@echo "import-linter"; $(BIN)/lint-imports --no-logo
	@echo "sidebar";       $(MAKE) lint-sidebar

lint-sidebar: $(SIDEBAR)
	@$(JLPM) lint:check

unit: $(ALL) $(SIDEBAR)
	@$(BIN)/python -m pytest -m "not slow and not browser"

sidebar: $(SIDEBAR)
	@:

test-sidebar: $(SIDEBAR)
	@$(JLPM) test

test: $(ALL) $(SIDEBAR)
	@$(MAKE) -j2 lint test-sidebar
	@CHROMIUM_PATH=$$(sh tools/chromium.sh) && POSTGRES_BIN=$$(sh tools/postgres.sh) && HUB_PROXY=$$(sh tools/hub-proxy.sh) && \
		export CHROMIUM_PATH POSTGRES_BIN HUB_PROXY && $(BIN)/python -m pytest $(SHARED)

torture: $(ALL)
	@$(BIN)/python tests/workspace/torture.py 1000
	@$(BIN)/python tests/workspace/torture_cluster.py 100
	@$(BIN)/python tests/deployments/torture.py 300

bench: $(ALL)
	@$(BIN)/python tools/bench.py

catalogue: $(ALL)
	@$(BIN)/python tools/catalogue.py

dist: $(ALL)
	@$(BIN)/python tools/dist.py dist

clean:
	rm -rf labextension/node_modules labextension/lib labextension/tsconfig.tsbuildinfo modelop_jupyter/labextension
	rm -rf $(VENV) .demo docs/_build docs/notebooks/*.ipynb test-artifacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
