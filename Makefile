# One target for each task. `make` without a target lists them.

CORES ?= all
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Take every tool from .venv, whatever environment is active.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# Runs a command without environment variables of the user that could mislead it.
RUN := $(PYTHON) -I src/refashion/execution/environment.py
# The name of the example report, with the version of the project.
EXAMPLE := refashion-example-$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
# The lock file of the environment. While GPU=1 is given, TensorFlow is the one that computes on a GPU.
LOCK := $(if $(filter 1,$(GPU)),gpu,run)
# Not empty if .venv was built in another folder, because the project was copied or moved, or if its
# Python is gone.
IS_FOREIGN := $(shell [ ! -e $(VENV)/run.stamp ] || { [ "$$(cat $(VENV)/run.stamp)" = "$$(pwd -P)" ] \
	&& $(BIN)/python -I -c "" 2> /dev/null; } || echo FORCE)
# Not empty if .venv is that of the other lock file. The two versions of TensorFlow have files of the same
# names, so .venv is built anew. The stamp of a GPU is there from the beginning of the installation on.
IS_OTHER := $(if $(filter $(if $(wildcard $(VENV)/gpu.stamp),gpu,run),$(LOCK)),,FORCE)

.DEFAULT_GOAL := help
.PHONY: FORCE help env report smoke compare publish example new-study test test-slow coverage test-faults test-cluster bench calibrate check docs format lock advisories licences schemas clean

help:  ## Show this list
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nCORES=n sets the number of cores (default: all).\n'

##@ Run

env: $(VENV)/run.stamp $(if $(CLUSTER),$(VENV)/cluster.stamp)  ## Build the environment in .venv from the pinned versions in envs/ (CLUSTER=1: for clusters, too; GPU=1: with TensorFlow for a GPU)

# Complain before the environment is built.
ifeq ($(LOCK),gpu)
$(if $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m)),,$(error GPU=1: TensorFlow has packages for \
	GPUs only for Linux on x86_64, and this is $(shell uname -s) on $(shell uname -m)))
else ifeq ($(origin GPU),command line)
$(if $(filter-out 0,$(GPU)),$(error GPU=$(GPU); accepted: GPU=1, or nothing for the processor))
endif

# A cluster is chosen by a profile. Without one, these would run everything on this machine.
ifneq ($(and $(filter-out 0,$(CLUSTER)),$(filter command line,$(origin CLUSTER)),$(filter report smoke example,$(MAKECMDGOALS))),)
$(error CLUSTER=1 is for `make env`; then call snakemake --workflow-profile profiles/slurm, see docs/guide/cluster.md)
endif

report: env  ## Run the main job and write results/report
	@$(RUN) snakemake --cores $(CORES)

smoke: env  ## Try every stage on a few examples in a few minutes; write results/smoke
	@$(RUN) snakemake --cores $(CORES) --config results=results/smoke 'limits={examples: 600, epochs: 1}'

compare: env  ## Compare two results folders: make compare A=<folder> B=<folder>
	@$(RUN) refashion compare --out="$(or $(OUT),results/comparison)" -- "$$A" "$$B"

ifneq ($(filter compare,$(MAKECMDGOALS)),)
$(if $(and $(A),$(B)),,$(error usage: make compare A=<folder> B=<folder> [OUT=<folder>]))
endif

publish: env  ## Copy the report with a record of the check, to send or deposit: make publish OUT=<folder or .zip>
	@$(RUN) refashion publish results "$(OUT)"

ifneq ($(filter publish,$(MAKECMDGOALS)),)
$(if $(OUT),,$(error usage: make publish OUT=<folder or .zip>))
endif

example: env  ## Make an example report as an archive for a release, in results/ (takes hours)
	@$(RUN) snakemake --cores $(CORES) --config 'groups=[headline, ablation]' 'seeds={headline: 3, ablation: 1}'
	@$(RUN) refashion publish results results/$(EXAMPLE).zip

new-study: env  ## Create a study that you can edit: make new-study NAME=my_report [IN=folder]
	@$(RUN) refashion new-study $(if $(IN),--in "$$IN") -- "$$NAME"

##@ Develop

test: $(VENV)/dev.stamp  ## Run the tests, with one run of the workflow (less than ten minutes)
	@pytest -m "not faults and not cluster and (not slow or smoke)"

test-slow: $(VENV)/dev.stamp  ## Run the tests that train or run the workflow again (ten minutes)
	@pytest -m "slow and not smoke"

coverage: $(VENV)/dev.stamp  ## Run the tests and show which lines of src/ they do not reach (slower)
	@pytest -m "not faults and not cluster" --cov --cov-report=term-missing --cov-report=html:.coverage.html

test-cluster: $(VENV)/dev.stamp $(VENV)/cluster.stamp  ## Run the tests on a Slurm cluster on this machine (ten minutes)
	@pytest -m cluster -n 0 tests/cluster

test-faults: $(VENV)/dev.stamp  ## Run the fault-injection tests (a quarter of an hour)
	@pytest -m faults -n 0 tests/faults

bench: env  ## Measure speed and compare it with the last time: make bench [PARTS="noop growth"]
	@python -m benchmarks $(PARTS)

calibrate: env  ## Measure how often verdicts and other answers are wrong; write the tables of docs/calibration.md
	@python -m benchmarks.calibration

check: $(VENV)/dev.stamp docs  ## Check format, code, workflows and documentation; change no code
	@ruff check . && ruff format --check . && snakefmt --check Snakefile
	@mypy --no-error-summary
	@lint-imports --no-logo > /dev/null || lint-imports --no-logo
	@zizmor --offline --quiet .github
	@# Packages come from envs/, so no rule names a conda environment. Folders and the lock file stand in
	@# commands directly: as parameters, another folder or environment would be another job.
	@! snakemake --lint 2>&1 | grep '^    \* ' | grep -vE 'Specify a conda environment|directly uses variable'

docs: $(VENV)/dev.stamp  ## Build the documentation in site/; broken links are errors
	@sphinx-build --fail-on-warning --keep-going --quiet --jobs auto docs site

format: $(VENV)/dev.stamp  ## Format the code
	@ruff check --fix . && ruff format . && snakefmt Snakefile

lock: $(VENV)/run.stamp  ## Update the pinned versions in envs/ after you changed pyproject.toml
	@$(RUN) uv pip compile $(LOCK_OPTIONS) pyproject.toml --output-file envs/run.lock
	@# The same packages, but for TensorFlow, and those that it needs for a GPU.
	@sed -n 's/^tensorflow-cpu==/tensorflow[and-cuda]==/; s/ \\$$//; /^[a-zA-Z]/p' envs/run.lock \
		| $(RUN) uv pip compile $(LOCK_OPTIONS) - --output-file envs/gpu.lock
	@$(RUN) uv pip compile $(LOCK_OPTIONS) --group pyproject.toml:dev --constraint envs/run.lock \
		--output-file envs/dev.lock
	@$(RUN) uv pip compile $(LOCK_OPTIONS) --group pyproject.toml:cluster --constraint envs/run.lock \
		--output-file envs/cluster.lock
	@$(RUN) uv pip compile $(LOCK_OPTIONS) envs/build.in --output-file envs/build.lock

advisories: $(VENV)/dev.stamp  ## Check the pinned packages for known vulnerabilities
	@pip-audit --disable-pip --require-hashes $(foreach lock,bootstrap build run gpu dev cluster,-r envs/$(lock).lock)

licences: $(VENV)/run.stamp $(VENV)/dev.stamp  ## Write the licences of all packages to docs/licences.md
	@pip-licenses --format=markdown --order=name --ignore-packages refashion \
		--output-file=docs/licences.md

schemas: env  ## Write the JSON schemas that editors use to check config.yaml and study.yaml
	@refashion schemas

clean:  ## Remove results and the built documentation; keep data and .venv
	rm -rf results .snakemake site docs/reference

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

# The tools that build packages from source are pinned too.
INSTALL := $(RUN) uv pip install --quiet --python $(BIN)/python --build-constraints envs/build.lock

# Stamps, because pip's own files do not show that an installation was interrupted.
$(VENV)/run.stamp: $(IS_FOREIGN) $(IS_OTHER) envs/bootstrap.lock envs/$(LOCK).lock envs/build.lock pyproject.toml
	@[ -z "$(IS_FOREIGN)$(IS_OTHER)" ] || rm -rf $(VENV)
	@$(PYTHON) -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
		{ echo "refashion needs Python 3.11 to 3.13; $(PYTHON) is" \
		"$$($(PYTHON) --version 2>&1); choose another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Building the environment in $(VENV) ..."
	@$(BIN)/python -I -m pip --version > /dev/null 2>&1 \
		|| { rm -rf $(VENV) && $(PYTHON) -I -m venv $(VENV); } \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot create environments (module venv);" \
		"on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(RUN) $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r envs/bootstrap.lock
	@[ $(LOCK) = run ] || touch $(VENV)/gpu.stamp
	@$(INSTALL) --require-hashes --compile-bytecode -r envs/$(LOCK).lock
	@$(INSTALL) --no-deps --editable .
	@# A relative path works in any folder and any locale.
	@for path in $(VENV)/lib/python3.*/site-packages/refashion.pth; do echo ../../../../src > $$path; done
	@pwd -P > $@

$(VENV)/cluster.stamp: $(VENV)/run.stamp envs/cluster.lock
	@$(INSTALL) --require-hashes -r envs/cluster.lock
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp envs/dev.lock
	@$(INSTALL) --require-hashes -r envs/dev.lock
	@touch $@
