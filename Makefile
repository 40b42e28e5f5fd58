# Softmax regression, derived and checked. `make` alone lists the verbs.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# uv takes seconds where pip takes minutes, but does not read pip's settings: where it finds no
# packages, pip does the same, and says what is wrong if something is.
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
install = @$(BIN)/python -m uv pip install --quiet --python $(BIN)/python $(1) 2>/dev/null || $(PIP) $(1)
# The arrays are small: one thread per process is faster than several that wait for each other.
export OPENBLAS_NUM_THREADS := 1
# Matplotlib's cache of fonts belongs to the environment: one that is missing or stale prints
# warnings into the first figures. One is drawn to make it; that also compiles what a submission
# draws with, in a sandbox that cannot keep it.
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
# A container often forbids Python to keep what it compiles: each process then compiles every module
# that it imports anew, which is half of what the tests take.
export PYTHONDONTWRITEBYTECODE :=
# One folder holds a course: releases, submissions, gradebook, feedback.
COURSE ?= course
SOURCES ?= assignments
# Jupyter refuses to run as root, which is who one is in many a container.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# The stamp carries this folder's path, so that a moved or copied folder gets a new environment.
READY := .venv/ready-$(shell pwd | cksum | cut -d' ' -f1)
GRADING := .venv/grading
SITE_READY := $(READY)-site
# How tests are spread over the processor's cores.
SPREAD := --numprocesses logical --maxprocesses 8 --dist loadfile
MEASURED := tests/website/test_slow_phone.py
# The longest begin first, so that no core waits for one of them at the end.
LONGEST := $(addprefix tests/website/test_,student.py browser.py live.py)
SEEN := $(LONGEST) $(filter-out $(MEASURED) $(LONGEST),$(wildcard tests/website/test_*.py))
# What the checks of the website need beside the environment; readers of the book do without.
SITE_NEEDS := $(addprefix tests/website/,requirements.lock package.json package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help book live pdf epub student-edition slides test mutants serve port notebooks lab lint newest lowest lock site-test site-seen site-timed site-audit bench clean \
  assignments student-package grade forget mark grading-test

help: ## list the verbs
	@echo "Softmax regression, derived and checked"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile | sort

book: $(READY) _build/library ## build the website into _build/html
	@test -e _build/live/packed/index.json -a -e $(BIN)/node || echo "book: no cell will run in a page; make live, before, fetches what that needs"
	@echo "book: executing what changed and building the site"
	@$(BIN)/python -c 'from jupyter_book.cli.main import main; main()' build . --quiet -W -n --keep-going --all
	@echo "book: done; open _build/html/index.html, or run: make serve"

live: $(SITE_READY) ## fetch Python for the browser; make book then builds pages whose cells run
	@echo "live: checking and packing Pyodide and its packages (33 MB to fetch, a minute or two, once)"
	@$(BIN)/python -m website.live
	@echo "live: done; now run: make book"

pdf: book ## print the whole book into _build/softmax-regression.pdf (needs Chromium)
	@$(BIN)/python -m website.editions pdf

epub: book ## pack the whole book into _build/softmax-regression.epub
	@$(BIN)/python -m website.editions epub

student-edition: $(READY) ## build the website without solutions into _build/student/html
	@echo "student-edition: leaving out solutions, executing and building (some minutes)"
	@$(BIN)/python -m website.student
	@echo "student-edition: done; open _build/student/html/index.html"

slides: book ## write the formulas and figures of two lectures as slides into _build/slides
	@$(BIN)/python -m website.slides

test: $(READY) ## run the tests; execute every chapter's notebook and compare its outputs
	@echo "test: library, documentation examples, chapters, notebooks"
	@$(BIN)/python -m pytest $(SPREAD)
	@echo "test: passed"

mutants: $(READY) ## ask the checker about every small slip in the book, and with twenty other seeds (15 minutes)
	@$(BIN)/python -m tests.derivation.mutants
	@$(BIN)/python -m tests.derivation.seeds
	@echo "mutants: wrote tests/derivation/mutants.json"

serve: port book ## build the website and serve it on this machine (PORT=8000)
	@echo "serve: http://127.0.0.1:$(PORT)/ (stop with Ctrl+C)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

port: $(READY)
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || { echo "serve: nothing can listen on port $(PORT), which another program may use; name another: make serve PORT=8001"; exit 2; }

notebooks: $(READY) ## generate notebooks/ anew from the chapters and execute them
	@echo "notebooks: converting and executing the chapters"
	@$(BIN)/python -m website.notebooks
	@echo "notebooks: done; the result lies in notebooks/"

lab: $(READY) ## open the chapters as notebooks in JupyterLab
	@echo "lab: opening notebooks/ in JupyterLab (stop with Ctrl+C)"
	@$(BIN)/python -m jupyterlab $(AS_ROOT) notebooks

lint: $(READY) ## check style (ruff), spelling (codespell) and types (mypy)
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m codespell_lib
	@$(BIN)/python -m mypy --no-error-summary
	@echo "lint: clean"

site-test: pdf epub site-seen site-timed ## build the website, the PDF and the EPUB; check them in Chromium and Firefox; print the figures

site-seen: $(SITE_READY)
	@echo "site-seen: the pages in Chromium and Firefox, the PDF, the EPUB and the student edition, on all cores"
	@$(BIN)/python -m pytest $(SEEN) $(SPREAD) --no-loadscope-reorder
	@echo "site-seen: passed"

site-timed: $(SITE_READY)
	@echo "site-timed: the heaviest pages on a slow phone, while nothing else is tried"
	@$(BIN)/python -m pytest $(MEASURED) --capture=no -k "not quarter and not light"
	@echo "site-timed: passed"

site-audit: $(SITE_READY) book ## measure all pages with Lighthouse (20 minutes; leave the machine alone)
	@$(BIN)/python -m website.audit
	@$(BIN)/python -m pytest $(MEASURED) --capture=no -k "quarter or light"
	@echo "site-audit: wrote website/audit.md"

assignments: $(GRADING) ## release the graded assignments into COURSE=course (ROSTER=export.csv PACKAGE=address)
	@$(BIN)/python -m grading release --course "$(COURSE)" --sources "$(SOURCES)" $(if $(SEED),--seed "$(SEED)") $(if $(ROSTER),--roster "$(ROSTER)") $(if $(PACKAGE),--package "$(PACKAGE)")

student-package: $(GRADING) ## build what students install, and their chapters (PACKAGE=address COURSE=course)
	@echo "student-package: hand these out, or put the wheel at an address"
	@$(BIN)/python -m grading package --course "$(COURSE)" $(if $(PACKAGE),--package "$(PACKAGE)")

grade: $(GRADING) ## grade SUBMISSIONS=folder (ASSIGNMENT=name ROSTER=export.csv GROUPS=file COURSE=course)
	@test -n "$(SUBMISSIONS)" || { echo "grade: say which folder: make grade SUBMISSIONS=folder"; exit 2; }
	@$(BIN)/python -m grading grade "$(SUBMISSIONS)" --course "$(COURSE)" $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)") $(if $(ROSTER),--roster "$(ROSTER)") $(if $(GROUPS),--groups "$(GROUPS)")

forget: $(GRADING) ## take STUDENT=name out of the gradebook (COURSE=course)
	@test -n "$(STUDENT)" || { echo "forget: say whom, as in grades.csv: make forget STUDENT=name"; exit 2; }
	@$(BIN)/python -m grading forget "$(STUDENT)" --course "$(COURSE)"

mark: $(GRADING) ## mark written answers by hand in nbgrader's formgrader (COURSE=course)
	@echo "mark: open the address that ends in /formgrader?token=… (stop with Ctrl+C)"
	@PATH="$$PWD/$(BIN):$$PATH" && cd "$(COURSE)" && python -m jupyterlab $(AS_ROOT) --no-browser --LabApp.default_url=/formgrader

grading-test: $(GRADING) ## grade some 200 right, wrong and hostile submissions (needs bubblewrap)
	@# in the order of their names: what grades anew must not be forked from a worker that typesets
	@$(BIN)/python -m pytest tests/grading $(SPREAD) --no-loadscope-reorder
	@echo "grading-test: passed"

# With the kernels that OpenBLAS chooses for the processor, also where the environment names others.
MEASURE := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python
bench: $(READY) ## measure accuracy, speed and scale anew (15 minutes; leave the machine alone)
	@echo "bench: accuracy, in units of rounding"
	@$(MEASURE) benchmarks/accuracy.py
	@echo "bench: speed, beside the peers that are installed (also try: $(BIN)/pip install torch jax)"
	@$(MEASURE) benchmarks/speed.py
	@echo "bench: scale, out of core and in several processes"
	@$(MEASURE) benchmarks/scale.py
	@echo "bench: wrote book/*.json and README.md; now run: make notebooks"

newest: ## try everything with the newest releases instead of the lock (changes requirements.lock)
	@cp requirements.txt requirements.lock
	@$(MAKE) test book

# What the tests need beside the lowest versions that pyproject.toml allows is new.
LOWEST := _build/lowest/bin/python
LOWEST_TESTS := softmax_lib derivation tests/derivation tests/softmax_lib $(addprefix --ignore=tests/,derivation/test_book.py $(addprefix softmax_lib/test_,out_of_core.py scipy.py))
lowest: $(READY) ## test the package with the lowest versions of what it needs
	@$(BIN)/python -m uv venv --quiet --clear --python $(BIN)/python _build/lowest
	@$(BIN)/python -m uv pip install --quiet --python $(LOWEST) --resolution lowest-direct '.[distributed,sphinx]'
	@$(BIN)/python -m uv pip install --quiet --python $(LOWEST) pytest pytest-xdist nbval hypothesis mpmath hatchling 'jupyter-book<2' sphinx-exercise jupytext
	@$(LOWEST) -m pytest -W ignore::DeprecationWarning --numprocesses logical --dist loadfile $(LOWEST_TESTS)
	@echo "lowest: passed with" $$($(BIN)/python -m uv pip freeze --python $(LOWEST) | grep -E '^(numpy|matplotlib|scikit-learn|tqdm|dask|sphinx|myst-parser)==')

COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --no-header --upgrade
lock: $(SITE_READY) ## pin the newest versions that the requirements allow
	@$(COMPILE) requirements.txt --output-file requirements.lock
	@$(COMPILE) tests/website/requirements.txt --constraint requirements.lock --output-file tests/website/requirements.lock
	@$(subst --upgrade,,$(COMPILE)) --constraint requirements.lock requirements-grading.txt --output-file requirements-grading.lock
	@cd tests/website && "$$OLDPWD/$(BIN)/npm" update --silent --package-lock-only --omit-lockfile-registry-resolved
	@echo "lock: wrote requirements*.lock and the locks of tests/website; now run: make test site-test grading-test"

clean: ## remove the environment and everything that was built
	rm -rf .venv _build .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@echo "clean: done; notebooks/ is committed and stays"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or later is needed, $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12" % v[:2])'
	@echo "environment: making .venv from requirements.lock (a minute or more, once)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) "$$(grep ^uv== requirements.lock)"
	$(call install,-r requirements.lock)
	$(call install,--no-build-isolation --no-deps --editable .)
	@MPLBACKEND=Agg $(BIN)/python -W ignore -c "from matplotlib import pyplot; pyplot.figure().savefig('.venv/drawn.png')" 2>/dev/null
	@mkdir -p .venv/etc/ipython # else every kernel begins with a warning about its transport
	@echo "c.IPKernelApp.log_level = 'ERROR'" >.venv/etc/ipython/ipython_kernel_config.py
	@touch $@

$(SITE_READY): $(READY) $(SITE_NEEDS)
	@echo "environment: adding what the checks of the website need (a minute, once)"
	$(call install,-r tests/website/requirements.lock)
	@cp tests/website/package.json tests/website/package-lock.json .venv/
	@cd .venv && bin/npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(GRADING): $(READY) requirements-grading.lock
	@echo "environment: adding nbgrader"
	$(call install,-r requirements-grading.lock)
	@touch $@

# Cached outputs of the chapters are keyed by their own cells only: a change of the library or of
# an installed version has to drop them.
_build/library: requirements.lock $(wildcard softmax_lib/*.py softmax_lib/exercises/*.py derivation/*.py derivation/*/*.py book/*.json)
	@rm -rf _build/.jupyter_cache
	@mkdir -p _build
	@touch $@
