# Two commands are enough: `make app` and `make test`. `make help` lists the others.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13; do command -v $$name && exit; done; echo python3)
PORT ?= 8501
UPLOAD_MB ?= 400
PIP = .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
# What pip does on one core, on all; tests of packages are left out, and errors are those of files for other versions.
COMPILE = .venv/bin/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
REQUIREMENTS = requirements.txt requirements-onnx.txt requirements-sql.txt requirements-text.txt requirements-dev.txt \
	requirements-tools.txt requirements-ray.txt

.PHONY: app ray test test-ray pytest lint types browser check audit docs screenshots constraints python help clean

app: .venv/.app  ## install and start the app on this machine only
	@echo "Interest Transfer Studio: http://localhost:$(PORT)"
	.venv/bin/streamlit run app.py --server.port $(PORT) --server.maxUploadSize $(UPLOAD_MB)

ray: .venv/.ray  ## start a Ray cluster on this machine only; HOST=10.0.0.1 for others too, which run make ray JOIN=10.0.0.1:6379
	.venv/bin/python -m recsys.jobs.ray_node $(if $(HOST),--host $(HOST)) $(if $(JOIN),--join $(JOIN))

test-ray: .venv/.dev .venv/.ray  ## test jobs on two Ray nodes of this machine, one of which is killed
	.venv/bin/python -m pytest tests/jobs/on_ray.py

test: browser  ## install, then lint, types and all tests, including those in a browser
	@$(MAKE) --no-print-directory --jobs=3 lint types pytest

pytest: browser
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/.dev  ## ruff: rules and formatting
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/.dev  ## mypy
	.venv/bin/python -m mypy

browser: .venv/.dev  ## find Chromium or Chrome, or install Chromium
	.venv/bin/python -m tests.browser.chromium

check: .venv/.app  ## ask the running server for its health
	.venv/bin/python -m ui.shell.health --port $(PORT)

audit: .venv/.tools  ## look for known vulnerabilities in the installed packages
	.venv/bin/pip-audit --skip-editable

docs: .venv/.dev  ## build the API reference from the docstrings into docs/api
	.venv/bin/python -m docs.api_reference docs/api

screenshots: browser  ## take the pictures of the README again, from the sample
	.venv/bin/python -m docs.screenshots

constraints: .venv/.tools  ## renew constraints.txt with the newest releases that requirements*.txt admit; then run make test
	.venv/bin/uv pip compile --quiet --universal --upgrade --python-version 3.11 --fork-strategy fewest \
		--prerelease disallow --no-emit-package pip --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make constraints" --output-file constraints.txt $(REQUIREMENTS)

python:  ## check the version of Python
	@for python in $(PYTHON) $(wildcard .venv/bin/python); do \
		$$python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null || { \
		echo "Python: needs version 3.11, 3.12 or 3.13, got $$($$python --version 2>&1 | tail -1) ($$python)." \
			"Install one of them, or name it: make app PYTHON=/path/to/python3.12 (make clean removes .venv)" >&2; exit 2; }; done

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

clean:  ## remove the virtual environment and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis docs/api

.venv/.app: requirements.txt constraints.txt | python
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) --requirement requirements.txt
	@$(COMPILE)
	@touch $@

.venv/.ray: requirements-ray.txt requirements.txt constraints.txt | python
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) --requirement requirements-ray.txt
	@$(COMPILE)
	@touch $@ .venv/.app

.venv/.dev: requirements.txt requirements-onnx.txt requirements-sql.txt requirements-dev.txt constraints.txt | python
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) --requirement requirements-dev.txt
	@$(COMPILE)
	@touch $@ .venv/.app

.venv/.tools: requirements-tools.txt .venv/.dev | python
	$(PIP) --requirement requirements-tools.txt
	@$(COMPILE)
	@touch $@
