# Needs make and Python 3.11 or newer; everything else goes into .venv.
#   make run    the whole product on this machine, with a stand-in for the webinar platform and a mailbox to read
#   make test   every check and test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := $(shell sed -n 's/^uv==//p' requirements-dev.txt)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate
LANGUAGES = $(filter-out packages,$(notdir $(wildcard locale/*)))
TEMPLATES = $(shell find templates -name '*.html')
PYTEST := $(BIN)/python -m pytest

# uv is ten times faster; where it finds no way to the packages, pip knows this machine's.
define install
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet -r $(1) \
	  || $(BIN)/python -m pip install -qq --disable-pip-version-check -r $(1)
endef

.PHONY: help run test check format messages lock test-postgres soak soak-short soak-controls soak-engine bench bench-quick clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "regsite needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.txt | $(BIN)/python
	@echo "Installing what regsite needs"
	$(call install,requirements.txt)
	@touch $@

$(VENV)/development.stamp: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what regsite and its tests need"
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/runtime.stamp

run: $(VENV)/runtime.stamp
	@$(BIN)/python manage.py run --with-parent

check: $(VENV)/development.stamp
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	DATA_DIR=$(VENV)/check $(BIN)/python manage.py makemigrations --check --dry-run
	$(if $(TEMPLATES),$(BIN)/djade --check --target-version 5.2 $(TEMPLATES))
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/check-messages

test: check
	$(PYTEST) -q -n 2 -m "not processes and not browser"
	@$(MAKE) --no-print-directory test-postgres
	$(PYTEST) -q -n 2 -m "browser and not processes"
	$(PYTEST) -q -m processes

# Storms of kills, crashes and faults over the whole stack, and whether everybody was registered and mailed once all the same;
# what an outage, a dead worker and a frozen Redis cost; and, in soak-controls, whether a missing guard would be noticed.
# Each prints its seed and writes soak-report.json; `make test` has a taste of it. soak-short takes eight minutes, soak an hour.
# SLACK allows so many times the promised seconds, where a machine is shared.
SOAK := $(BIN)/python -m tests.soak
SLACK := 1

soak-short: $(VENV)/development.stamp
	$(SOAK) --people 400 --forms 2 --kills 84 --faults 330 --seconds 150 --recovery 2 --waves 24 --redis-rounds 6 --outage 200 \
	  --least kills=80 database_crashes=3 redis_troubles=10 faults=150 --slack $(SLACK)

soak: $(VENV)/development.stamp
	$(SOAK) --storms 2 --people 5000 --forms 2 3 --kills 1060 --faults 6400 --seconds 2520 --patience 400 --roll-seconds 60 \
	  --recovery 2 60 --waves 40 --redis-rounds 10 --outage 1000 --controls \
	  --least kills=1000 database_crashes=50 redis_troubles=200 faults=5000

soak-controls: $(VENV)/development.stamp
	$(SOAK) --storms 0 --controls

# The engine alone, under random histories on both databases.
soak-engine: $(VENV)/development.stamp
	ENGINE_HISTORIES=600 $(PYTEST) -q -n 2 -o faulthandler_timeout=0 tests/services/engine
	TEST_DATABASE=postgres ENGINE_HISTORIES=600 $(PYTEST) -q -n 2 -o faulthandler_timeout=0 tests/services/engine

# How fast, in ratios measured side by side, as a table and as bench.json; needs PostgreSQL. BENCH may be --only NAME,
# --markdown, --seed. bench-quick takes two minutes and leaves out what needs thousands of people.
bench: $(VENV)/development.stamp
	$(BIN)/python -m tests.bench $(BENCH)

bench-quick: $(VENV)/development.stamp
	$(BIN)/python -m tests.bench --quick $(BENCH)

# What takes turns in the database once more, on a PostgreSQL server that lives for the run.
test-postgres: $(VENV)/development.stamp
	@if $(BIN)/python -c 'from tests.postgres import find_server; raise SystemExit(find_server() is None)'; then \
	  TEST_DATABASE=postgres $(PYTEST) -q -n 2 -m "not processes and not browser" tests/services; \
	else \
	  echo "skipped: the services on PostgreSQL, because a PostgreSQL server is missing"; test -z "$$REQUIRE_ALL"; \
	fi

format: $(VENV)/development.stamp
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .
	$(if $(TEMPLATES),$(BIN)/djade --target-version 5.2 $(TEMPLATES))

# Needs gettext. The .mo files are committed, so that running regsite does not.
messages: $(VENV)/development.stamp
	DATA_DIR=$(VENV)/check $(BIN)/python manage.py makemessages $(addprefix --locale ,$(LANGUAGES)) --no-obsolete --no-wrap --add-location file \
	  --ignore '$(VENV)' --ignore tests --ignore staticfiles
	DATA_DIR=$(VENV)/check $(BIN)/python manage.py compilemessages --ignore '$(VENV)'

lock: $(VENV)/development.stamp
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
