# Every target sets up what it needs: Python 3.10 or newer and make are enough to begin with.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types contracts docs interop defects games e2e-docker bench clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "error: $(PYTHON) is older than 3.10; try: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(READY) ## Make .venv with everything in it.

demo: $(READY) ## From nothing to a played and validated episode, as a user would do it.
	$(VENV)/bin/python scripts/demo.py

test: $(READY) ## Run the tests; no container engine, peer package or browser needed.
	$(RUN) pytest --numprocesses 3 --dist loadfile --ignore tests/docs
	for env in echo coding python; do $(RUN) pytest -q envs/$${env}_env || exit 1; done

lint: $(READY) ## Check style and format.
	$(RUN) ruff check
	$(RUN) ruff format --check

types: $(READY) ## Check types, strictly.
	$(RUN) mypy

contracts: $(READY) ## Check which package imports which.
	$(VENV)/bin/lint-imports

docs: $(READY) ## Build the documentation into site/, strictly, and run what its pages show.
	$(RUN) mkdocs build --strict --quiet
	$(RUN) pytest --numprocesses 3 tests/docs

interop: $(READY) ## Play with the real openenv 0.10.0, both ways.
	$(RUN) pytest tests/interop

defects: $(READY) ## Find every planted defect, and blame none of the mended twins.
	$(RUN) pytest --numprocesses 2 --dist worksteal tests/e2e/defects/test_defects.py
	$(RUN) pytest --numprocesses 2 --dist worksteal tests/e2e/defects/test_trends.py

games: $(READY) ## Measure policies on OpenSpiel's games, after its tests; needs 1 GB and Python 3.11.
	games=$$($(VENV)/bin/python scripts/venvs.py games) && \
		$$games -m openenv_cli validate --strict envs/openspiel_env && \
		$$games -m pytest envs/openspiel_env && \
		$$games scripts/games.py

e2e-hub: $(READY) ## Push an environment to a Hub on this machine, and play it from there by its name.
	$(RUN) pytest tests/e2e/hub

e2e-docker: $(READY) ## Build and run images on a real container engine, the one that DOCKER_HOST names.
	$(RUN) pytest --numprocesses 2 --dist loadfile tests/e2e/docker

bench: $(READY) ## Measure, beside openenv 0.10.0.
	for script in benchmarks/[a-z]*.py; do $(VENV)/bin/python $$script || exit 1; done

clean: ## Remove everything that make has made.
	rm -rf $(VENV) .cache site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
