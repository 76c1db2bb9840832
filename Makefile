# `make help` lists what there is. Two commands do all the work: `make run` and `make test`.

INPUT ?= inputs/maze_quick.toml
RANKS ?=
IMAGE ?= dsage_mpi.sif
ARGS  ?=
WORKERS ?= 2

export PYTHON TORCH_INDEX_URL HDF5_DIR

VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench docs showcase doctor wheel container clean clean-all

help: ## show this list
	@printf 'dsage_mpi: make TARGET [VARIABLE=value ...]\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@printf '\nvariables of make run:   INPUT=inputs/maze_tiny.toml  RANKS=4  ARGS="--seed 7"\n'
	@printf 'variables of make test:  ARGS="-k archive -x"  WORKERS=1\n'
	@printf 'variables of make container: IMAGE=dsage_mpi.sif  ARGS="--build-arg TORCH=cuda"\n'
	@printf 'variables of make setup: PYTHON=python3.12  TORCH_INDEX_URL=...  HDF5_DIR=...  (docs/install.md)\n'

setup: ## install what is missing, into .venv and (as root) the system; quick when nothing is
	@bash scripts/setup.sh

run: setup ## run the main job, INPUT, with mpirun on this machine's cores
	@bash scripts/run.sh "$(INPUT)" "$(RANKS)" $(ARGS)

test: setup lint ## run lint and all tests, serial, under mpirun and under a Slurm of their own
	@bash scripts/setup-tests.sh
	@$(VENV_PYTHON) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

lint: setup ## check style, format, types and the floors of imports
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache --no-logo
	@bash scripts/lint-js.sh

format: setup ## let ruff mend style and format
	@$(VENV_PYTHON) -m ruff check --fix .
	@$(VENV_PYTHON) -m ruff format .

bench: setup ## run the benchmarks and print their tables
	@bash scripts/bench.sh $(ARGS)

docs: setup ## build the site from docs/ into build/site, warnings being errors
	@bash scripts/docs.sh

showcase: setup ## make the runs of the README's pictures (half an hour of a core) and draw all of them
	@bash scripts/showcase.sh

doctor: setup ## say which MPI, HDF5, GPU and JVM this installation has
	@$(VENV_PYTHON) -m dsage_mpi doctor

wheel: setup ## build the wheel and the source archive into dist/
	@bash scripts/wheel.sh

container: ## build the container image IMAGE with Apptainer (docs/container.md)
	@bash scripts/container.sh "$(IMAGE)" $(ARGS)

clean: ## remove build products and caches; runs/ and .venv stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find dsage_mpi tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +

clean-all: clean ## remove .venv too; the next make setup starts afresh
	rm -rf .venv
