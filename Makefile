# One command each. `make` alone lists them.

CORES ?= all
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every tool from the environment, whatever is activated outside.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.DEFAULT_GOAL := help
.PHONY: help env report smoke compare publish example new-study test test-faults bench check format lock schemas clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  CORES=n          cores to use (default: all)"

env: $(VENV)/run.stamp  ## Build the environment in .venv, from the pins in envs/

report: env  ## Run the main job: fetch, train, judge, render results/report
	@snakemake --cores $(CORES)

smoke: env  ## Every stage on a few examples, in a few minutes, into results/smoke
	@snakemake --cores $(CORES) --config results=results/smoke 'limits={examples: 600, epochs: 1}'

compare: env  ## Show what changed between two results: make compare A=<folder> B=<folder>
	@python -m refashion changes --out="$(or $(OUT),results/comparison)" -- "$$A" "$$B"

# Before the environment is built for nothing.
ifneq ($(filter compare,$(MAKECMDGOALS)),)
$(if $(and $(A),$(B)),,$(error usage: make compare A=<folder> B=<folder> [OUT=<folder>]))
endif

publish: env  ## Copy the report for others, at half its size: make publish OUT=<folder>
	@python -m refashion publish results "$(OUT)"

ifneq ($(filter publish,$(MAKECMDGOALS)),)
$(if $(OUT),,$(error usage: make publish OUT=<folder>))
endif

example: env  ## Make the report in docs/example anew, which takes hours
	@snakemake --cores $(CORES) --config 'groups=[headline, ablation]' 'seeds={headline: 3, ablation: 1}'
	@python -m refashion publish results docs/example

new-study: env  ## Begin a study of your own: make new-study NAME=my_report
	@python -m refashion new-study -- "$$NAME"

test: $(VENV)/dev.stamp  ## Run the tests
	@pytest -m "not faults"

test-faults: $(VENV)/dev.stamp  ## Kill, cut, fill and confuse the workflow, in a quarter of an hour
	@pytest -m faults -n 0 tests/faults

bench: env  ## Measure speed in a quarter of an hour, beside the last time: make bench [PARTS="noop growth"]
	@python -m benchmarks $(PARTS)

check: $(VENV)/dev.stamp  ## Check format, lint and schemas, changing nothing
	@ruff check . && ruff format --check . && snakefmt --check Snakefile && snakemake --lint

format: $(VENV)/dev.stamp  ## Format the code
	@ruff check --fix . && ruff format . && snakefmt Snakefile

lock: $(VENV)/run.stamp  ## Resolve the pins in envs/ anew from pyproject.toml
	@uv pip compile $(LOCK_OPTIONS) pyproject.toml --output-file envs/run.lock
	@uv pip compile $(LOCK_OPTIONS) --group dev pyproject.toml --constraint envs/run.lock \
		--output-file envs/dev.lock

schemas: env  ## Write the JSON schemas of config.yaml and study.yaml for editors
	@python -m refashion.config

clean:  ## Remove results (the data and the environment stay)
	rm -rf results .snakemake

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

# Stamps, because pip's own files say nothing of an installation that was interrupted.
$(VENV)/run.stamp: envs/bootstrap.lock envs/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
		{ echo "refashion needs Python 3.11 to 3.13 as $(PYTHON), found" \
		"$$($(PYTHON) --version 2>&1); choose one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Building the environment in $(VENV) ..."
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); } \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make environments (module venv);" \
		"on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r envs/bootstrap.lock
	@uv pip install --quiet --require-hashes --compile-bytecode -r envs/run.lock
	@uv pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp envs/dev.lock
	@uv pip install --quiet --require-hashes -r envs/dev.lock
	@touch $@
