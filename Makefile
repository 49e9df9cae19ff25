# Two commands are enough: `make app` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8501
UPLOAD_MB ?= 400
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test lint types check browser audit bench clean

app: .venv/.app  ## install and start the app on loopback
	@echo "Interest Transfer Studio: http://localhost:$(PORT)"
	.venv/bin/streamlit run app.py --server.port $(PORT) --server.maxUploadSize $(UPLOAD_MB)

test: lint types browser  ## install, then lint, types and all tests, the browser's included
	.venv/bin/python -m pytest -n 2 --dist loadfile

lint: .venv/.dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/.dev
	.venv/bin/python -m mypy

browser: .venv/.dev  ## find a Chromium or Chrome, or install one, or fail
	.venv/bin/python -m tests.browser.chromium

check: .venv/.app  ## is the running server healthy?
	.venv/bin/python -m ui.shell.health --port $(PORT)

audit: .venv/.dev  ## known vulnerabilities in what is installed
	.venv/bin/pip-audit --skip-editable

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.app: requirements.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements.txt requirements-onnx.txt requirements-dev.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.app
