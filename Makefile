# Every target does its own set-up: a fresh machine needs Python (3.11 to 3.13) and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types docs clean

demo: .venv/.run
	$(BIN)/python run_backtest.py demo

test: .venv/.dev lint types
	$(BIN)/python -m pytest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.run: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ .venv/.run

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
