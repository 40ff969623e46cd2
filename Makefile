# SciTeX Scholar. Each target sets up what it needs, from nothing but python3 (3.11 or newer) and make.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup run demo demo-online test coverage tools lint types check bench pictures fuzz mutants lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

# The locks name everything, so that nothing is resolved here: pip, asked to, stumbles over the next release of a package
# that another one wants with an extra.
$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	touch $@

setup: $(VENV)/.runtime ## Make the virtual environment with what the service needs

run: setup ## Run the site on http://127.0.0.1:8000 and a worker; Ctrl-C stops both
	@$(BIN)/python -m deployment.scripts.run

demo: setup ## Send examples/references.bib through a real server and worker, without any network
	@$(BIN)/python -m examples.demo

demo-online: $(VENV)/.dev ## Watch a real site keep the limits of indexes on this machine; ARGS="--help" for their faults
	@$(BIN)/python -m tests.demo_online $(ARGS)

test: $(VENV)/.dev tools lint types ## Run every check and the whole test suite
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m tests.on_postgresql -n 2

# Apart from the tests, since tracing every line doubles what they take.
coverage: $(VENV)/.dev tools ## Run the whole test suite and show which lines and branches it does not reach
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 2 --cov --cov-report=
	$(BIN)/python -m tests.on_postgresql -n 2 --cov --cov-append --cov-report=
	$(BIN)/python -m coverage report

tools:
	@tests/install_tools.sh

lint: $(VENV)/.dev ## Look for faults of style and of carelessness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --check apps
	git ls-files -z '*.sh' .ci/run | xargs -0 $(BIN)/shellcheck
	$(BIN)/python manage.py makemigrations --check --dry-run

types: $(VENV)/.dev ## Check the types
	$(BIN)/mypy .

bench: $(VENV)/.dev ## Run the benchmarks; they print tables and write var/bench/*.json
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.dev ## Look for inputs that break what reads them; MINUTES=5 for each, TARGETS="document latex"
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),1) $(TARGETS)

mutants: $(VENV)/.dev ## Plant small faults, one at a time, and see the tests notice; MODULE=document, ARGS="--sample 200"
	$(BIN)/python -m tests.mutation $(or $(MODULE),jobs) $(ARGS)

pictures: $(VENV)/.dev tools ## Draw the pictures of the documents anew; ARGS=FOLDER draws every page in three widths
	@$(BIN)/python -m tests.pictures $(ARGS)

lock: $(VENV)/.dev ## Lock the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' --extra scale -c requirements.txt \
		pyproject.toml -o requirements-scale.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' --extra scale --extra dev -c requirements-scale.txt \
		pyproject.toml -o requirements-dev.txt

clean: ## Remove what the other targets made, but for the data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
