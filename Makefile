# The workbook's commands. On Windows, or without make: see README.md.

PYTHON ?= python3
PY := .venv/bin/python
FOR_STUDENTS := .venv/installed-for-students
INSTALLED := .venv/installed

NO_PACKAGES = echo "The packages could not be installed. No network? See \
'Without internet' in docs/installing.md."; exit 1;

.PHONY: run test test-long e2e lab doctor data notebooks slides html explorer grade-demo reference bench clean

run: $(INSTALLED)  ## run the notebooks; pages and a table of results in build/
	$(PY) -m tools.run

test: $(INSTALLED)  ## lint, tests, and the notebooks of the lab run again and compared: 5 minutes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest -n 2 --dist loadfile --cov=workshop_utils --cov-fail-under=90 --durations=5

test-long: $(INSTALLED)  ## the last notebook, broken workbooks, and what goes wrong many times over
	$(PY) -m pytest -m long -n 2 --dist loadfile --durations=5

e2e: $(INSTALLED)  ## the notebooks and slides in a real browser: needs Chromium or Chrome
	$(PY) -m pytest -m browser tests/browser --durations=5

lab: $(FOR_STUDENTS)  ## open JupyterLab on the students' notebooks
	$(PY) -m jupyterlab notebooks/01_mlp.ipynb

doctor: $(FOR_STUDENTS)  ## check this computer before a lab
	$(PY) -m workshop_utils doctor

data: $(FOR_STUDENTS)  ## fetch the images ahead of a lab
	$(PY) -m workshop_utils data

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

grade-demo: $(INSTALLED)  ## grade a class of made-up submissions with nbgrader
	$(PY) -m pytest -m long tests/test_grading.py -s

reference: $(INSTALLED)  ## record results anew, on the data set that is found
	$(PY) -m tools.notebooks.record full 0 1 2 3 4
	$(PY) -m tools.notebooks.record quick 0 1 2 3 4 5 6 7

bench: $(INSTALLED)  ## measure seconds beside other ways to train; needs an idle computer
	$(PY) -m tools.measuring.bench

clean:
	rm -rf .venv build

# Students need JupyterLab and the package; tests and tools need more.
$(FOR_STUDENTS): pyproject.toml
	@$(PYTHON) tools/preflight.py
	$(PYTHON) -m venv .venv
	@echo "installing the packages; the first time takes some minutes"
	@$(PY) -m pip install --quiet --disable-pip-version-check -e . || { $(NO_PACKAGES) }
	@touch $@

$(INSTALLED): $(FOR_STUDENTS)
	@$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev]" || { $(NO_PACKAGES) }
	@touch $@
