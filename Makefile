# The menu. `make demo` and `make test` work on a fresh Debian with Python 3.11, git and make.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
REQ    := requirements

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev system js demo serve test check bench fuzz faults lock clean

help:            ## this list
	@grep -E '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.demo    ## a virtual environment with pillarbox and what the demo needs
setup-dev: $(VENV)/.dev ## the same with what tests, checks and benches need

$(VENV)/.tools: $(REQ)/tools.txt
	@command -v $(PYTHON) >/dev/null || { echo "pillarbox needs $(PYTHON) (Debian: apt install python3.11 python3.11-venv), or: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r $(REQ)/tools.txt
	@touch $@

# install-SET: the set's lock file, then our own package without looking anything up.
define install
	scripts/uv-pip install -q --require-hashes -r $(REQ)/$(1).txt
	scripts/uv-pip install -q --no-deps --no-build-isolation -e .
	@touch $@
endef

$(VENV)/.demo: $(VENV)/.tools $(REQ)/demo.txt pyproject.toml
	$(call install,demo)

$(VENV)/.dev: $(VENV)/.demo $(REQ)/dev.txt
	$(call install,dev)

# Clients in environments of their own: a boto3 of early 2024, whose list calls are older ones, and the
# newest, since aiobotocore holds the main environment's botocore back.
$(VENV)/%-boto3/.done: $(REQ)/%-boto3.txt $(VENV)/.dev
	$(BIN)/python -m venv --without-pip $(VENV)/$*-boto3
	VIRTUAL_ENV_BELOW=$(VENV)/$*-boto3 scripts/uv-pip install -q --require-hashes -r $<
	@touch $@

# Real JavaScript clients and newsletter templates, where Node is installed; else those tests skip.
tests/js/node_modules/.done: tests/js/package-lock.json
	@if command -v npm >/dev/null; then cd tests/js && npm ci --no-audit --no-fund --silent && touch node_modules/.done; \
	else echo "no npm: the tests with JavaScript clients will be skipped (Debian: apt install npm)"; fi

js: tests/js/node_modules/.done ## JavaScript clients for the tests

system:          ## Debian packages for tests and benches (apt as root; else says what to install)
	@scripts/system-packages

demo: setup      ## the whole story on loopback; ends by itself
	$(BIN)/pillarbox demo

serve: setup     ## a server in capture mode, with a ready-to-paste client example
	$(BIN)/pillarbox serve

test: setup-dev $(VENV)/old-boto3/.done $(VENV)/new-boto3/.done system js ## all tests
	@scripts/maxmind-test-data
	@scripts/exim
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: setup-dev ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup-dev system ## figures, as ratios to a peer or a physical limit in the same run
	$(BIN)/python -m bench

fuzz: setup-dev  ## every parser of outside bytes, for FUZZ_SECONDS each (default 20)
	$(BIN)/python -m fuzz

faults: setup-dev system ## kill -9, store down, memory: the long ones; PILLARBOX_TEST_EVENTS (20000)
	PILLARBOX_TEST_EVENTS=$${PILLARBOX_TEST_EVENTS:-20000} $(BIN)/python -m pytest tests/faults

lock: $(VENV)/.tools ## pin requirements/*.in again
	for set in tools runtime demo dev old-boto3 new-boto3; do \
	  scripts/uv-pip compile -q --generate-hashes --no-emit-index-url --no-header --universal \
	    --python-version 3.11 $(REQ)/$$set.in -o $(REQ)/$$set.txt || exit 1; done

clean:           ## forget the virtual environment and every cache
	rm -rf $(VENV) tests/js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist src/*.egg-info
