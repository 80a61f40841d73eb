# One command each. `make` alone lists them.

CORES ?= all
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every tool from the environment, whatever is activated outside.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# Runs a command without what of the user's environment could mislead it.
RUN := $(PYTHON) -I src/refashion/execution/environment.py
# Not empty if the environment was built in another folder, of which this is a copy or the new
# place, or if its Python is gone.
IS_FOREIGN := $(shell [ ! -e $(VENV)/run.stamp ] || { [ "$$(cat $(VENV)/run.stamp)" = "$$(pwd -P)" ] \
	&& $(BIN)/python -I -c "" 2> /dev/null; } || echo FORCE)

.DEFAULT_GOAL := help
.PHONY: FORCE help env report smoke compare publish example new-study test test-faults bench check format lock audit licences schemas clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  CORES=n          cores to use (default: all)"

env: $(VENV)/run.stamp  ## Build the environment in .venv, from the pins in envs/

report: env  ## Run the main job: fetch, train, judge, render results/report
	@$(RUN) snakemake --cores $(CORES)

smoke: env  ## Every stage on a few examples, in a few minutes, into results/smoke
	@$(RUN) snakemake --cores $(CORES) --config results=results/smoke 'limits={examples: 600, epochs: 1}'

compare: env  ## Show what changed between two results: make compare A=<folder> B=<folder>
	@$(RUN) refashion compare --out="$(or $(OUT),results/comparison)" -- "$$A" "$$B"

# Before the environment is built for nothing.
ifneq ($(filter compare,$(MAKECMDGOALS)),)
$(if $(and $(A),$(B)),,$(error usage: make compare A=<folder> B=<folder> [OUT=<folder>]))
endif

publish: env  ## Copy the report for others, at half its size: make publish OUT=<folder>
	@$(RUN) refashion publish results "$(OUT)"

ifneq ($(filter publish,$(MAKECMDGOALS)),)
$(if $(OUT),,$(error usage: make publish OUT=<folder>))
endif

example: env  ## Make the report in docs/example anew, which takes hours
	@$(RUN) snakemake --cores $(CORES) --config 'groups=[headline, ablation]' 'seeds={headline: 3, ablation: 1}'
	@$(RUN) refashion publish results docs/example

new-study: env  ## Begin a study of your own: make new-study NAME=my_report
	@$(RUN) refashion new-study -- "$$NAME"

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
	@$(RUN) uv pip compile $(LOCK_OPTIONS) pyproject.toml --output-file envs/run.lock
	@$(RUN) uv pip compile $(LOCK_OPTIONS) --group dev pyproject.toml --constraint envs/run.lock \
		--output-file envs/dev.lock
	@$(RUN) uv pip compile $(LOCK_OPTIONS) envs/build.in --output-file envs/build.lock

audit: $(VENV)/dev.stamp  ## Look for known vulnerabilities of the pinned packages
	@pip-audit --disable-pip --require-hashes $(foreach lock,bootstrap build run dev,-r envs/$(lock).lock)

licences: $(VENV)/run.stamp $(VENV)/dev.stamp  ## Write the list of packages and their licences, docs/licences.md
	@pip-licenses --format=markdown --order=name --ignore-packages refashion \
		--output-file=docs/licences.md

schemas: env  ## Write the JSON schemas of config.yaml and study.yaml for editors
	@refashion schemas

clean:  ## Remove results (the data and the environment stay)
	rm -rf results .snakemake

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

# What builds packages that come as source is pinned, too.
INSTALL := $(RUN) uv pip install --quiet --python $(BIN)/python --build-constraints envs/build.lock

# Stamps, because pip's own files say nothing of an installation that was interrupted.
$(VENV)/run.stamp: $(IS_FOREIGN) envs/bootstrap.lock envs/run.lock envs/build.lock pyproject.toml
	@[ -z "$(IS_FOREIGN)" ] || rm -rf $(VENV)
	@$(PYTHON) -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
		{ echo "refashion needs Python 3.11 to 3.13 as $(PYTHON), found" \
		"$$($(PYTHON) --version 2>&1); choose one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Building the environment in $(VENV) ..."
	@$(BIN)/python -I -m pip --version > /dev/null 2>&1 \
		|| { rm -rf $(VENV) && $(PYTHON) -I -m venv $(VENV); } \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make environments (module venv);" \
		"on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(RUN) $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r envs/bootstrap.lock
	@$(INSTALL) --require-hashes --compile-bytecode -r envs/run.lock
	@$(INSTALL) --no-deps --editable .
	@# Relative to its own place, so that any path will do, whatever the locale.
	@for path in $(VENV)/lib/python3.*/site-packages/refashion.pth; do echo ../../../../src > $$path; done
	@pwd -P > $@

$(VENV)/dev.stamp: $(VENV)/run.stamp envs/dev.lock
	@$(INSTALL) --require-hashes -r envs/dev.lock
	@touch $@
