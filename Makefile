# The workbook's commands. On Windows, or without make: see README.md.

.DEFAULT_GOAL := run
include tools/handout/Makefile # what students have, too: lab, doctor, data

INSTALLED := .venv/installed

TESTS := -m pytest -n 2 --dist loadfile --cov=workshop_utils --cov-fail-under=90 --durations=5

.PHONY: run test lint test-all test-long e2e handout notebooks slides html explorer grade-demo hub-demo reference bench clean

run: $(INSTALLED)  ## run the notebooks; pages and a table of results in build/
	$(PY) -m tools.run

test: lint  ## lint, tests, and the notebooks of the lab run again and compared: 5 minutes
	$(PY) $(TESTS)

lint: $(INSTALLED)  ## style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test-all: lint  ## the tests on Python 3.10 to 3.13, with the lowest and the newest versions: an hour
	$(PY) -m tools.versions $(TESTS)

test-long: $(INSTALLED)  ## the last notebook, broken workbooks, and what goes wrong many times over
	$(PY) -m pytest -m long -n 2 --dist loadfile --durations=5

e2e: $(INSTALLED)  ## the notebooks and slides in a real browser: needs Chromium or Chrome
	$(PY) -m pytest -m browser tests/browser --durations=5

notebooks: $(INSTALLED)  ## rebuild the notebooks from their sources and execute them
	$(PY) -m tools.notebooks.build
	$(PY) -m tools.notebooks.execute
	$(PY) -m tools.pages.overview

slides: $(INSTALLED)  ## slides with notes for tutors, one file for each notebook, in build/slides/
	$(PY) -m tools.pages.slides

html: slides explorer  ## pages to read, and one that leads to all of them: build/html/index.html
	$(PY) -m tools.pages.pages

explorer: $(INSTALLED)  ## a page to look inside the CNN and the autoencoder: build/html/explorer.html
	$(PY) -m tools.pages.explorer

handout: $(INSTALLED)  ## zips for students, without solutions and with them: build/handout/
	$(PY) -m tools.handout.pack

grade-demo: $(INSTALLED)  ## grade a class of made-up submissions with nbgrader
	$(PY) -m pytest -m long tests/test_grading.py -s

hub-demo: $(INSTALLED)  ## a class on a JupyterHub of its own, and what goes wrong: Linux, Node.js
	@command -v npm >/dev/null || { echo "The hub's proxy needs Node.js 20 or newer, with npm: \
	install it, for example with apt-get install npm, and run make hub-demo again."; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check -e ".[hub]" || { $(NO_PACKAGES) }
	npm install --silent --no-fund --no-audit --prefix build/hub configurable-http-proxy@5.3.0
	$(PY) -m hub.demo

reference: $(INSTALLED)  ## record results anew, on the data set that is found
	$(PY) -m tools.notebooks.record full 0 1 2 3 4
	$(PY) -m tools.notebooks.record quick 0 1 2 3 4 5 6 7

bench: $(INSTALLED)  ## measure seconds beside other ways to train; needs an idle computer
	$(PY) -m tools.measuring.bench
	$(PY) -m tools.measuring.large_class

clean:  ## remove the environments, and all that was built
	rm -rf .venv build

# Students need JupyterLab and the package; tests and tools need more.
$(INSTALLED): $(FOR_STUDENTS)
	@$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev]" || { $(NO_PACKAGES) }
	@touch $@
