# Every target does its own set-up: a fresh machine needs Python (3.11 to 3.13) and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types without-compiler benchmarks clean

# What is compiled at installation; edited, it is installed again.
COMPILED := pyproject.toml engine/rebalance.py engine/rebalance.pxd engine/account.py \
	engine/account.pxd engine/compiled/build.py

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

# Installed where there is no compiler, the demo runs interpreted, to the same bytes.
PLAIN := build/without-compiler
without-compiler: demo
	rm -rf $(PLAIN) && mkdir -p $(PLAIN)/source
	tar -cf - $$(git ls-files) | tar -xf - -C $(PLAIN)/source
	$(PYTHON) -m venv $(PLAIN)/venv
	CC=/nonexistent $(PLAIN)/venv/bin/python -m pip install --quiet $(PLAIN)/source
	cd $(PLAIN) && venv/bin/barometer demo --no-tearsheet
	grep "arithmetic interpreted" $(PLAIN)/results/demo/*/run.log
	for file in equity.csv decisions.csv orders.csv positions.csv statistics.json; do \
		cmp $(PLAIN)/results/demo/*/$$file results/demo/$$(ls $(PLAIN)/results/demo)/$$file || exit 1; \
	done

benchmarks: .venv/.run
	$(BIN)/python benchmarks/run.py

.venv/.run: $(COMPILED) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.dev: $(COMPILED) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ .venv/.run

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
