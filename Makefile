# Softmax regression, derived and checked. `make` alone lists the verbs.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# The arrays are small: one thread per process is faster than several that wait for each other.
export OPENBLAS_NUM_THREADS := 1
# Matplotlib's cache of fonts belongs to the environment: one that is missing or stale prints
# warnings into the first figures.
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
# One folder holds a course: releases, submissions, gradebook, feedback.
COURSE ?= course
SOURCES ?= assignments
# The stamp carries this folder's path, so that a moved or copied folder gets a new environment.
READY := .venv/ready-$(shell pwd | cksum | cut -d' ' -f1)
GRADING := .venv/grading

.DEFAULT_GOAL := help
.PHONY: help book test serve notebooks lab lint lock site-test bench clean \
  assignments grade mark grading-test

help: ## list the verbs
	@echo "Softmax regression, derived and checked"
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

book: $(READY) _build/library ## build the website into _build/html
	@echo "book: executing what changed and building the site"
	@$(BIN)/jupyter-book build . -W -n --keep-going --all
	@echo "book: done; open _build/html/index.html, or run: make serve"

test: $(READY) ## run the tests; execute every chapter's notebook and compare its outputs
	@echo "test: library, documentation examples, chapters, notebooks"
	@$(BIN)/python -m pytest
	@echo "test: passed"

serve: book ## build the website and serve it on this machine (PORT=8000)
	@echo "serve: http://127.0.0.1:$(PORT)/ (stop with Ctrl+C)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

notebooks: $(READY) ## generate notebooks/ anew from the chapters and execute them
	@echo "notebooks: converting and executing the chapters"
	@$(BIN)/python tools/notebooks.py
	@echo "notebooks: done; the result lies in notebooks/"

lab: $(READY) ## open the chapters as notebooks in JupyterLab
	@echo "lab: opening notebooks/ in JupyterLab (stop with Ctrl+C)"
	@$(BIN)/jupyter-lab notebooks

lint: $(READY) ## check style (ruff) and spelling (codespell)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@echo "lint: clean"

site-test: book ## check the built website: links, numbers, execution
	@$(BIN)/python -m pytest tests/website.py
	@echo "site-test: passed"

assignments: $(GRADING) ## release the graded assignments into COURSE=course (SEED=1 draws them anew)
	@$(BIN)/python -m assignments.grading release --course "$(COURSE)" --sources "$(SOURCES)" $(if $(SEED),--seed "$(SEED)")

grade: $(GRADING) ## grade SUBMISSIONS=folder (ASSIGNMENT=name ROSTER=export.csv COURSE=course)
	@test -n "$(SUBMISSIONS)" || { echo "grade: say which folder: make grade SUBMISSIONS=folder"; exit 2; }
	@$(BIN)/python -m assignments.grading grade "$(SUBMISSIONS)" --course "$(COURSE)" $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)") $(if $(ROSTER),--roster "$(ROSTER)")

mark: $(GRADING) ## mark written answers by hand in nbgrader's formgrader (COURSE=course)
	@echo "mark: open the address that ends in /formgrader?token=… (stop with Ctrl+C)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" && cd "$(COURSE)" && jupyter lab --no-browser --LabApp.default_url=/formgrader

grading-test: $(GRADING) ## grade some 200 right, wrong and hostile submissions (needs bubblewrap)
	@$(BIN)/python -m pytest tests/grading.py
	@echo "grading-test: passed"

bench: $(READY) ## measure accuracy, speed and scale anew (15 minutes; leave the machine alone)
	@echo "bench: accuracy, in units of rounding"
	@$(BIN)/python benchmarks/accuracy.py
	@echo "bench: speed, beside the peers that are installed (also try: $(BIN)/pip install torch jax)"
	@$(BIN)/python benchmarks/speed.py
	@echo "bench: scale, out of core and in several processes"
	@$(BIN)/python benchmarks/scale.py
	@echo "bench: wrote benchmarks/*.json and README.md; now run: make notebooks"

lock: $(READY) ## pin the newest versions that requirements.txt allows
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --upgrade requirements.txt --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --constraint requirements.lock requirements-grading.txt --output-file requirements-grading.lock
	@echo "lock: wrote requirements*.lock; now run: make test book grading-test"

clean: ## remove the environment and everything that was built
	rm -rf .venv _build .pytest_cache .ruff_cache .hypothesis
	@echo "clean: done; notebooks/ is committed and stays"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or later is needed, $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12" % v[:2])'
	@echo "environment: making .venv from requirements.lock (a few minutes, once)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/python -W ignore -c "import matplotlib.font_manager" 2>/dev/null
	@touch $@

$(GRADING): $(READY) requirements-grading.lock
	@echo "environment: adding nbgrader"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-grading.lock
	@touch $@

# Cached outputs of the chapters are keyed by their own cells only: a change of the library or of
# an installed version has to drop them.
_build/library: requirements.lock $(wildcard softmax_lib/*.py softmax_lib/*/*.py)
	@rm -rf _build/.jupyter_cache
	@mkdir -p _build
	@touch $@
