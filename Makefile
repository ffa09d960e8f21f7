# `make run` and `make test` set up all they need in .venv; everything else is for who changes the code.
PYTHON ?= python3
BIN := .venv/bin
MINUTES ?= 10
EXAMPLE := How many countries did China call out?

.PHONY: run test lint check-slow fuzz bench clean

run: .venv/installed
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/askdocs; else $(BIN)/askdocs index && $(BIN)/askdocs ask "$(EXAMPLE)"; fi

test: .venv/installed-dev
	$(BIN)/pytest -n auto

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-slow: .venv/installed-dev
	$(BIN)/pytest -m slow

fuzz: .venv/installed-dev
	$(BIN)/python -m tests.slow.fuzz --minutes $(MINUTES)

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist snapshot_report.html
	find askdocs tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	git clean -fdqX index

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "askdocs needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ .venv/installed
