# The whole developer menu. `make help` lists it; every target sets itself up first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)
SHARED ?= ../shared

.PHONY: help install lock demo test test-postgres test-browser check format lint types contract \
  flow-service samples crash bad-input memory clients org-faults describes soql diagnosis \
  auth-matrix keeper-storm soak bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Redone only when the pins or the project change. uv where it is found, else venv + pip.
$(STAMP): requirements.lock pyproject.toml
ifdef UV
	@test -x $(BIN)/python || $(UV) venv --quiet --python '>=3.11' $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "sallyport needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

install: $(STAMP)  ## make .venv with the pinned dependencies and both commands

lock:  ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-emit-index-url --upgrade --quiet -o requirements.lock

demo: $(STAMP)  ## simulated org -> connection -> flows -> 450,000 rows proven
	$(BIN)/sallyport demo

test: $(STAMP)  ## every test that needs Python only
	$(BIN)/pytest -n 2 --dist loadfile --ignore tests/browser

# The simulator's own tests are left out: nothing of it is kept in PostgreSQL.
test-postgres: $(STAMP)  ## the product's tests on a real PostgreSQL (started from a wheel)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/with_postgres.py \
	  pytest -n 2 --dist loadfile --ignore tests/browser --ignore tests/org

test-browser: $(STAMP)  ## the simulator's pages in a real Chromium (Debian: apt-get install chromium)
	$(BIN)/pytest tests/browser

check: $(STAMP) format lint types contract test test-browser test-postgres  ## all that CI runs

format: $(STAMP)  ## is everything formatted? (.venv/bin/ruff format . does it)
	$(BIN)/ruff format --check .

lint: $(STAMP)  ## ruff
	$(BIN)/ruff check .

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

contract: $(STAMP)  ## which room may import which
	$(BIN)/lint-imports

flow-service: $(STAMP)  ## every call of Adobe's connect-Salesforce guide against a running demo
	$(BIN)/python -m checks.flow_service

samples: $(STAMP)  ## public sample records loaded, synced, compared (needs SHARED)
	$(BIN)/python -m checks.samples $(SHARED)

crash: $(STAMP)  ## kill -9 the server ten times in the middle of a 1M-row run
	$(BIN)/python -m checks.crash

bad-input: $(STAMP)  ## 15 bad inputs: what each prints, and that nothing was stored
	$(BIN)/python -m checks.bad_input

memory: $(STAMP)  ## peak memory of a 1M-row and a 100k-row run
	$(BIN)/python -m checks.memory

clients: $(STAMP)  ## real Salesforce clients (PyPI, npm) against the simulator
	$(BIN)/python -m checks.clients

org-faults: $(STAMP)  ## every known refusal of Salesforce's sign-in, produced and compared (needs SHARED)
	$(BIN)/python -m checks.org_faults $(SHARED)

diagnosis: $(STAMP)  ## every known refusal and raw client logs, diagnosed (needs SHARED)
	$(BIN)/python -m checks.diagnosis $(SHARED)

auth-matrix: $(STAMP)  ## every flow x production/sandbox x rotation, through its whole life
	$(BIN)/python -m checks.auth_matrix

keeper-storm: $(STAMP)  ## one rotating grant, processes killed at random and at each step; 90 idle days
	$(BIN)/python -m checks.keeper_storm

soak: $(STAMP)  ## the storm for ten minutes
	$(BIN)/python -m checks.keeper_storm --seconds 600

describes: $(STAMP)  ## the simulator's describes compared with real ones (needs SHARED)
	$(BIN)/python -m checks.describes $(SHARED)

soql: $(STAMP)  ## 1,000 random queries, each compared with another engine's answer
	$(BIN)/python -m checks.soql

bench: $(STAMP)  ## how fast: a full sync against curl, CSV to columns, the org's throughput
	$(BIN)/python bench/pull.py
	$(BIN)/python bench/columns.py
	$(BIN)/python bench/org_throughput.py

clean:  ## remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
