# `make` alone lists the targets. Each target makes .venv itself when it is missing or older than its description.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two workers fill two cores only if torch does not start threads of its own in each.
export OMP_NUM_THREADS ?= 1
WORKERS ?= 2
FUZZ_EXAMPLES ?= 2000

.DEFAULT_GOAL := help
.PHONY: help venv test lint types format docs demo bench fuzz clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

venv: $(STAMP)  ## make .venv with everything that development needs

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(STAMP)

test: $(STAMP)  ## lint, check types, run all tests; each is run though another failed
	@status=0; \
	$(MAKE) --no-print-directory lint || status=1; \
	$(MAKE) --no-print-directory types || status=1; \
	$(BIN)/python -m pytest -n $(WORKERS) || status=1; \
	exit $$status

lint: $(STAMP)  ## check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP)  ## check the types of src/ strictly
	$(BIN)/mypy

format: $(STAMP)  ## sort imports, mend what can be mended, lay out the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(STAMP)  ## build the documentation site in docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

demo: $(STAMP)  ## export nine real models and compare each with eager
	$(BIN)/python -m examples.demo

bench: $(STAMP)  ## run every benchmark; ratios against torch.export (takes long)
	@for file in benchmarks/*.py; do \
	  if grep -q '^if __name__ == "__main__"' $$file; then \
	    echo "== $$file"; \
	    $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; \
	  fi; \
	done

fuzz: $(STAMP)  ## run the property tests with FUZZ_EXAMPLES examples each
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) -m hypothesis --hypothesis-profile=fuzz

clean:  ## remove .venv, all caches and the built site
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis docs/_build docs/exportdb docs/errors
