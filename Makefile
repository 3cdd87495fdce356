# Two commands for a newcomer: `make run` (a Jira in a box with the app in it) and `make test`.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help run build test lint bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
MODULES := node_modules/.installed
BUNDLES := static/dist/manifest.json
SOURCES := $(shell find static sandbox/host -name node_modules -prune -o -name dist -prune -o -type f \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' -o -name '*.js' \) -print)

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(INSTALLED) $(BUNDLES) ## Start it all: PostgreSQL, the app, its worker, two Jira sites. Ctrl-C stops.
	@$(BIN)/python -m sandbox.demo || [ $$? -eq 130 ]  # Ctrl-C is how it ends.

test: $(INSTALLED) $(BUNDLES) lint ## Run every test: Python, TypeScript, PostgreSQL, a real browser.
	@$(BIN)/python -m tests.run

build: $(INSTALLED) $(BUNDLES) ## Install what is needed and bundle the browser code.

lint: $(INSTALLED) $(MODULES) ## Check style, types and the one-way layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npx --no-install tsc --noEmit

bench: $(INSTALLED) $(BUNDLES) ## Measure the issue panel against the same SQL in pgbench.
	$(BIN)/python -m bench

clean: ## Remove what was installed and built; data in .data stays.
	rm -rf $(VENV) node_modules static/dist sandbox/host/dist

$(INSTALLED): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing: install python3 and python3-venv."; exit 1; }
	@echo "Installing Python packages into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(MODULES): package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is missing: install nodejs and npm."; exit 1; }
	@echo "Installing browser packages into node_modules ..."
	@npm ci --silent --no-progress
	@touch $@

$(BUNDLES): $(MODULES) $(SOURCES)
	@echo "Bundling the browser code ..."
	@npm run --silent build
	@touch $@
