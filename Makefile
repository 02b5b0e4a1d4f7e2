# Two commands: `make up` starts everything, `make test` runs the whole suite. Only Python 3.11+ and make are needed.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# how many tests run at a time; each has a database server of its own
PROCESSES ?= 2
LOCKED := .venv/.locked
DEVELOP := .venv/.develop

# Python keeps what it has compiled: without that each of the many processes a test starts would take several times as long to load.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up test lint fmt peers bench laws-long rights-table chaos bad-night pictures clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed"; exit 1; }
	@echo "· 创建虚拟环境 creating the virtual environment"
	@$(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(LOCKED): uv.lock pyproject.toml | .venv/bin/uv
	@echo "· 安装依赖 installing locked dependencies"
	@$(BIN)/uv sync --quiet --frozen --no-dev --inexact --compile-bytecode && touch $(LOCKED)

$(DEVELOP): uv.lock pyproject.toml | .venv/bin/uv
	@echo "· 安装依赖 installing locked dependencies (with the tests')"
	@$(BIN)/uv sync --quiet --frozen --compile-bytecode && touch $(DEVELOP) $(LOCKED)

up: $(LOCKED) ## Install, start everything, load the demo, serve
	@exec $(BIN)/jingwei up

test: $(DEVELOP) ## Run the whole suite
	@$(BIN)/python -m tools.translations compile
	@echo "· 编译计算内核 compiling the kernels"
	@$(BIN)/python -m jingwei.kernels.ready
	@$(BIN)/pytest -m "not alone" --numprocesses=auto --maxprocesses=$(PROCESSES) --no-loadscope-reorder
	@$(BIN)/pytest -m alone

lint: $(DEVELOP) ## Style, types, import contracts, templates, migrations, translations
	$(BIN)/ruff check src tests tools sandbox benchmarks
	$(BIN)/ruff format --check src tests tools sandbox benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djhtml --check --tabwidth 2 src
	$(BIN)/jingwei django makemigrations --check --dry-run
	$(BIN)/python -m tools.released check
	$(BIN)/python -m tools.translations check

fmt: $(DEVELOP) ## Format everything
	$(BIN)/ruff check --fix-only src tests tools sandbox benchmarks
	$(BIN)/ruff format src tests tools sandbox benchmarks
	$(BIN)/djhtml --tabwidth 2 src

peers: $(DEVELOP) ## Install and start the real counterparts the tests use
	bash tools/peers.sh

laws-long: $(DEVELOP) ## The laws over every way in, everybody, every field and value, and the fuzzes for some minutes each (EXTREMES_SEED=N)
	@$(BIN)/python -m tools.translations compile
	JINGWEI_LAW=whole $(BIN)/pytest -s tests/house/test_rights_law.py
	EXTREMES_SHARE=1 FUZZ_EXAMPLES=300 $(BIN)/pytest tests/house/test_extremes_law.py tests/house/test_api_fuzz.py tests/house/test_graphql_limits.py

bench: $(DEVELOP) ## Run the benchmarks
	for each in benchmarks/[a-z]*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

rights-table: $(DEVELOP) ## Write tests/house/rights_table.txt anew; review it as a difference
	@JINGWEI_LAW=write $(BIN)/pytest -s tests/house/test_rights_law.py

chaos: $(DEVELOP) ## Five minutes of kills, crashes and bad peers (needs make peers; SEED=N repeats one)
	@set -a; . var/peers/redmine.env; set +a; $(BIN)/python -m tests.hub.chaos.run --seconds 240 $(if $(SEED),--seed $(SEED))

bad-night: $(DEVELOP) ## 200 kills, 50 database crashes and 10 full disks under load (SEED=N repeats one; NIGHT="--kills 20 …" makes it shorter)
	@$(BIN)/python -m tests.chaos.night $(if $(SEED),--seed $(SEED)) $(NIGHT)

pictures: $(DEVELOP) ## Take the guide's pictures anew (needs Chromium)
	$(BIN)/python -m tools.translations compile
	$(BIN)/python -m tools.pictures

clean: ## Remove the virtual environment and everything generated (not var/)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
