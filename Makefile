# What a person can ask of this tree. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# The first Python 3.11 or newer that is found; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet --no-input install --root-user-action=ignore
INSTALL_SELF := $(PIP) --no-deps --no-build-isolation --editable .
# The checks read settings as they are used for tests: keys made for the run, never a person's own.
FOR_CHECKS := DJANGO_SETTINGS_MODULE=tests.settings
# Where it is set, each start of Python compiles every module anew, which makes tests twice as slow.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List what can be made
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- The environment: each stamp is written last, so that an interrupted set-up is not taken for a finished one -------
.venv/made.stamp:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; say PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON) …"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/made.stamp requirements/run.txt pyproject.toml
	@echo "Installing what it needs to run …"
	@$(PIP) --require-hashes --requirement requirements/run.txt
	@$(INSTALL_SELF)
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo "Installing what its tests and checks need …"
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

.PHONY: install
install: .venv/dev.stamp ## Set up .venv with everything, tests and checks included

# --- Looking at it ----------------------------------------------------------------------------------------------------
.PHONY: demo demo-stop
demo: .venv/run.stamp ## Run the made-up golf club (DETACH=1: in the background; CLUBLEDGER_PORT, SIMULATOR_PORT)
	@exec $(BIN)/clubledger demo $(if $(DETACH),--detach)

demo-stop: ## Stop the demo that runs in the background
	@if [ -x $(BIN)/clubledger ]; then exec $(BIN)/clubledger demo --stop; else echo "No demo is running."; fi

# --- Holding it to its word -------------------------------------------------------------------------------------------
.PHONY: quick test check lint types walls bench fuzz chaos
QUICK := not browser and not processes and not contract
DMYPY := $(BIN)/dmypy --status-file .mypy_cache/dmypy.json
quick: .venv/dev.stamp ## Style, types, walls, and the tests without browser, programs and contract (ROOM=ledger: of one room)
	@$(MAKE) --no-print-directory lint walls
	@mkdir -p .mypy_cache
	@$(FOR_CHECKS) $(DMYPY) run --timeout 7200
	@$(BIN)/pytest $(if $(ROOM),tests/$(ROOM)) -m "$(QUICK)" $(ARGS)

test: .venv/dev.stamp ## Run the tests (DATABASE_URL=postgresql://…: on PostgreSQL; ARGS=…: arguments of pytest)
	@$(BIN)/pytest $(ARGS)

check: .venv/dev.stamp lint types walls ## Run every check that needs no running product
	@$(FOR_CHECKS) $(BIN)/python -m django makemigrations --check --dry-run
	@$(BIN)/python tools/sizes.py
	@$(BIN)/python tools/documented_settings.py
	@$(FOR_CHECKS) $(BIN)/python -m tools.translations check
	@echo "All checks passed."

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/dev.stamp
	@$(FOR_CHECKS) $(BIN)/mypy

walls: .venv/dev.stamp
	@$(BIN)/lint-imports

bench: .venv/dev.stamp ## Measure it (ONLY=prefix: a part); writes var/bench.json
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

ifneq ($(wildcard tools/fuzz.py),)
fuzz: .venv/dev.stamp ## Throw bad input at it (CASES=20000)
	@$(BIN)/python tools/fuzz.py --cases $(or $(CASES),20000)
endif

ifneq ($(wildcard tools/chaos.py),)
chaos: .venv/dev.stamp ## Break it on purpose (RUNS=1000, SEED=n repeats one)
	@$(BIN)/python -m tools.chaos $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))
endif

# --- Working on it ----------------------------------------------------------------------------------------------------
.PHONY: format migrations messages lock screenshots fidelity
format: .venv/dev.stamp ## Put the code into its one shape
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

migrations: .venv/dev.stamp ## Write migrations for changed models
	@$(FOR_CHECKS) $(BIN)/python -m django makemigrations

messages: .venv/dev.stamp ## Collect the texts to translate, and compile the translations (docs/translating.md)
	@$(FOR_CHECKS) $(BIN)/python -m tools.translations extract

fidelity: .venv/dev.stamp ## Write docs/simulator-fidelity.md from the simulator's tests
	@$(BIN)/python -m tools.fidelity

screenshots: .venv/dev.stamp ## Take a picture of every page into var/screenshots/pages, and look for faults (ARGS=…: see --help)
	@$(BIN)/python -m tools.pictures $(ARGS)

lock: ## Pin what requirements/*.in ask for, with hashes (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements/run.in --output-file requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements/dev.in --output-file requirements/dev.txt \
		--constraints requirements/run.txt
