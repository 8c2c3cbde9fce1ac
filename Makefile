# Everything here needs Python 3.11 or later, make and a network; nothing else.
PYTHON ?= python3
BIN := .venv/bin
CAIRN := $(BIN)/cairn

.PHONY: demo test check bench schema lock format clean

demo: .venv/installed
	@$(CAIRN) demo

test: .venv/installed
	@$(BIN)/pytest -n auto --dist loadfile

check: .venv/installed
	@$(BIN)/ruff format --check --quiet src tests migrations || { echo "Not formatted: run make format"; exit 1; }
	@$(BIN)/ruff check --quiet src tests migrations
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; echo "An import runs against the order of the rooms: invert it with an event, or move the piece down (README, The rooms)"; exit 1; }

bench: .venv/installed
	@$(CAIRN) bench
	@$(BIN)/python tests/bench/skills.py
	@$(BIN)/python tests/bench/large.py
	@$(BIN)/python tests/bench/feeds.py
	@$(BIN)/python tests/bench/awards.py

schema: .venv/installed
	@$(CAIRN) schema > schema.graphql

format: .venv/installed
	@$(BIN)/ruff format --quiet src tests migrations
	@$(BIN)/ruff check --fix --quiet src tests migrations

# uv resolves, pip installs: a lock with hashes and no addresses.
lock:
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --quiet --custom-compile-command "make lock" --output-file requirements.lock

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cairn needs Python 3.11 or later; set PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
