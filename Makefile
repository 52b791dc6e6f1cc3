# jjm-tui: everything a newcomer, a contributor and the build machine call. `make` alone lists it.

VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet --quiet
RUN    := $(VENV)/.ready-to-run
DEV    := $(VENV)/.ready-to-test
CORE   := domain gateway store services
JOBS   ?= 4
ARGS   ?=

test coverage check proof soak mutants fuzz bench: export TZ := UTC
test coverage check proof soak mutants fuzz bench: export LC_ALL := C.UTF-8
test coverage check proof soak mutants fuzz bench: export TEXTUAL_ANIMATIONS := none

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check proof soak mutants fuzz bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(RUN) ## open the dashboard on a simulated Jules; no account, and no network once set up (q leaves)
	@$(VENV)/bin/jjm-tui --demo $(ARGS)
	@echo 'The same as commands: $(VENV)/bin/jjm --demo list'
	@echo 'To type jjm alone, as README does: source $(VENV)/bin/activate'

test: $(DEV) ## all tests that need nothing but Python
	@$(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

coverage: $(DEV) ## the same, and which lines of the core no test reaches; takes half as long again
	@$(PY) -m pytest -n $(JOBS) $(foreach room,$(CORE),--cov=jjm_tui.$(room)) \
		--cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

check: $(DEV) ## lint, format, types, import contracts, no foreign text as markup, nothing that names a machine
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m tests.tui.markup_lint src/jjm_tui/tui src/jjm_tui/cli
	@if git grep -nIE 'p[y]pi\.(org|python)|python[h]osted\.org|registry\.n[p]mjs|registry\.y[a]rnpkg|(^|[^[:alnum:].])/(r[o]ot|w[o]rk|h[o]me/[a-z]+|U[s]ers/[A-Za-z]+)/[A-Za-z.]'; \
	then echo 'These lines name a package registry or a path of one machine.'; exit 1; fi

proof: $(DEV) ## the tests that need Node, npm, strace and a file system of their own
	@for tool in node npm strace unshare mount; do \
		command -v $$tool >/dev/null || { echo "make proof needs $$tool, and it is not installed." >&2; exit 1; }; \
	done
	@$(PY) -m pytest -n $(JOBS) -m '(needs_node or needs_strace or needs_mount) and not soak' $(ARGS)

soak: $(DEV) ## the long runs: an hour of a busy person in a minute, more states and examples
	@$(PY) -m pytest -m soak $(ARGS)
	@$(PY) -m pytest -n $(JOBS) --hypothesis-profile=long tests/domain tests/services/test_arrangement.py tests/cli/test_tables.py

mutants: $(DEV) ## break the program on purpose, for each proof of a promise: it must fail; ARGS=--new for new ones
	@$(PY) -m tests.mutants $(ARGS)

fuzz: $(DEV) ## look for texts that break what reads them, for ten minutes (ARGS=SECONDS)
	@$(PY) -m tests.fuzz.fuzzer $(or $(ARGS),600)

bench: $(DEV) ## speed as ratios, against the budgets; ARGS=--record writes them into benchmarks/README.md
	@$(PY) -m benchmarks $(ARGS)

clean: ## remove the environment and everything that tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .stamps build dist htmlcov
	rm -f .coverage .coverage.* coverage.xml snapshot_report.html
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@found=; for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if command -v $$python >/dev/null 2>&1 && \
			$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'jjm-tui needs Python 3.11 or newer, and none was found. Install one, or name it: make PYTHON=/path/to/python3' >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$found --version); this happens once."; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$$found cannot make a virtual environment; its venv module is missing (package python3-venv?)." >&2; exit 1; }

$(RUN): pyproject.toml constraints.txt | $(PY)
	@$(PIP) install --constraint constraints.txt hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN)
	@$(PIP) install --requirement constraints.txt
	@touch $@
