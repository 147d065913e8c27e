# Two commands on a fresh machine: `make demo` and `make test`. Everything goes into .venv; nothing else is touched.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := exchange certs catalog adapters
.DEFAULT_GOAL := help

.PHONY: help setup demo test test-postgres lint format serve bench faces fuzz lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make .venv from the hashed lock file and install the project into it

$(VENV)/.ready: requirements/dev.lock requirements/fuzz.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then $(BIN)/python -m pip install --quiet --require-hashes -r requirements/fuzz.lock; fi
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Play the story on the embedded default (EXIT=1 ends by itself, OUT=dir keeps the artefacts)
	$(BIN)/yzt demo $(if $(EXIT),--exit) $(if $(OUT),--out $(OUT))

test: setup lint ## Lint, types, import contracts, then every test on the embedded database
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

test-postgres: setup ## The database tests again on a PostgreSQL server started for them
	$(BIN)/python -m tests.support.postgres_server -- $(BIN)/python -m pytest -n auto --dist loadgroup -m "not browser and not slow" $(ARGS)

lint: setup ## ruff, mypy --strict (tests included), import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Apply ruff's fixes and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: setup ## Run the hub on the embedded default (needs `yzt init` first)
	$(BIN)/yzt serve

bench: setup ## Print the ratios of the budgets (ONLY=name runs one)
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

faces: setup ## Compare every face of 10,000 certificates drawn by lot (WORKERS=2)
	$(BIN)/python -m pytest -n $(or $(WORKERS),2) -m slow tests/certs/documents/test_equal_faces.py

fuzz: setup ## Fuzz every reader by coverage (SECONDS=120 each, WORKERS=2, TARGET=name runs one), then mutate harder (EXAMPLES=20)
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),120) --workers $(or $(WORKERS),2) $(TARGET)
	YZT_TEST_EXAMPLES=$(or $(EXAMPLES),20) $(BIN)/python -m pytest -n $(or $(WORKERS),2) --timeout 7200 \
		tests/certs/attacks/test_mutations.py tests/certs/attacks/test_signatures.py tests/fuzz

COMPILE := $(BIN)/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: ## Resolve the lock files again, keeping the pins that still hold
	$(COMPILE) --extra dev -o requirements/dev.lock pyproject.toml
	$(COMPILE) -c requirements/dev.lock -o requirements/runtime.lock pyproject.toml
	$(COMPILE) -c requirements/dev.lock --extra fuzz -o requirements/fuzz.lock pyproject.toml

clean: ## Remove what the targets made
	rm -rf $(VENV) .demo build dist *.egg-info
