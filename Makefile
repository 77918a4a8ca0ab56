# Each target sets up what it needs in .venv, once: a second call sets nothing up again.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
OR2 := params/online_retail_ii
SIDE_BY_SIDE := -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help report winback test coverage prove lab lint online-retail picture clean
.PHONY: bench bench-full bench-baseline bench-compare

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

report: .venv/.kit data/sample_subscriptions.parquet ## Check and run every unit in params/, write reports/index.html
	@$(BIN)/retention run

winback: .venv/.kit data/sample_subscriptions.parquet ## Whom to win back: a page for every unit in params/, in reports/winback
	@$(BIN)/retention run --notebook notebooks/winback.ipynb --out reports/winback

test: .venv/.test lint ## Lint, type-check, and pass all tests
	@$(BIN)/pytest $(SIDE_BY_SIDE) --durations=30

coverage: .venv/.test ## Pass all tests and show the lines that none runs: half as long again
	@$(BIN)/pytest $(SIDE_BY_SIDE) --cov --cov-report=term:skip-covered

prove: .venv/.test ## Hold the opportunity value of every sample shop against the truth: minutes
	@$(BIN)/pytest -m prove

lint: .venv/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

lab: .venv/.kit data/sample_subscriptions.parquet ## Open the notebook in JupyterLab
	@cd notebooks && ../$(BIN)/jupyter lab retention_report.ipynb

online-retail: .venv/.kit ## Run Online Retail II; RETENTION_REAL_DATA names its folder
	@$(BIN)/retention run --params $(OR2) --out reports/online_retail_ii

picture: report ## Take the README's picture of a report again, with chromium
	@chromium --headless --no-sandbox --hide-scrollbars --window-size=1200,866 \
		--screenshot=docs/report.png "file://$(CURDIR)/reports/outlet_us/latest.html"

bench: .venv/.bench ## Time the kit beside other ways, small sizes; a table of ratios
	@$(BIN)/python -m benchmarks

bench-full: .venv/.bench ## The same at 1, 10 and 66 million rows, and at 1 to 200 units: an hour
	@$(BIN)/python -m benchmarks --full

bench-baseline: .venv/.bench ## Keep the ratios of now in benchmarks/baseline.json
	@$(BIN)/python -m benchmarks --rounds 3 --store benchmarks/baseline.json

bench-compare: .venv/.bench ## Name the ratios that became worse than the baseline
	@$(BIN)/python -m benchmarks --rounds 3 --compare

clean: ## Remove the environment, the sample data and the reports
	rm -rf .venv data/sample_*.parquet reports/*

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.12")'
	@echo "Setting up .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv

.venv/.kit: pyproject.toml constraints.txt | .venv/bin/python
	@$(INSTALL) -e .
	@touch $@

.venv/.test: pyproject.toml constraints.txt | .venv/bin/python
	@$(INSTALL) -e ".[test]"
	@touch $@ .venv/.kit

.venv/.bench: pyproject.toml constraints.txt | .venv/bin/python
	@$(INSTALL) -e ".[bench]"
	@touch $@ .venv/.kit

data/sample_subscriptions.parquet: | .venv/.kit
	@$(BIN)/retention sample . > /dev/null
