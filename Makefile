# Two commands: `make up` starts everything, `make test` runs the whole suite. Only Python 3.11+ and make are needed.
BIN := .venv/bin
# how many tests run at a time; each has a database server of its own, and many wait for something
PROCESSES ?= 3
LOCKED := .venv/.locked
DEVELOP := .venv/.develop

# Python keeps what it has compiled: without that each of the many processes a test starts would take several times as long to load.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up test lint fmt peers bench laws-long rights-table chaos bad-night soak pictures clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/bin/uv:
	@echo "· 创建虚拟环境 creating the virtual environment"
	@sh tools/begin.sh $(if $(filter command line,$(origin PYTHON)),"$(PYTHON)")

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
	@$(BIN)/python -m jingwei.kernels.ready & made=$$!; $(BIN)/pytest --collect-only -qqq > .venv/collected.txt; wait $$made  # what is compiled once now, each process takes then
	@$(BIN)/pytest -m "not alone" --numprocesses=$(PROCESSES) --no-loadscope-reorder
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
	@$(BIN)/pytest --collect-only -qqq > .venv/collected.txt || { tail -n 60 .venv/collected.txt; exit 1; }  # each imports what there is; what they were compiled to is kept for `test`

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
	for each in benchmarks/[a-z]*.py; do echo "== $$each"; PYTHONPATH=. $(BIN)/python $$each || exit 1; done

rights-table: $(DEVELOP) ## Write tests/house/rights_table.txt anew; review it as a difference
	@JINGWEI_LAW=write $(BIN)/pytest -s tests/house/test_rights_law.py

chaos: $(DEVELOP) ## Five minutes of kills, crashes and bad peers (needs make peers; SEED=N repeats one)
	@set -a; . var/peers/redmine.env; set +a; $(BIN)/python -m tests.hub.chaos.run --seconds 240 $(if $(SEED),--seed $(SEED))

bad-night: $(DEVELOP) ## 200 kills, 50 database crashes and 10 full disks under load (SEED=N repeats one; NIGHT="--kills 20 …" makes it shorter)
	@$(BIN)/python -m tests.chaos.night $(if $(SEED),--seed $(SEED)) $(NIGHT)

soak: $(DEVELOP) ## Twelve hours of an office in twenty minutes, and what each process grows by (SEED=N repeats one)
	@$(BIN)/python -m tests.chaos.soak $(if $(SEED),--seed $(SEED))

pictures: $(DEVELOP) ## Take the guide's pictures anew (needs Chromium)
	$(BIN)/python -m tools.translations compile
	$(BIN)/python -m tools.pictures

clean: ## Remove the virtual environment and everything generated (not var/)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
