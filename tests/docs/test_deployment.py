"""Make, Docker, compose and CI: the version of Python, CPU builds, environment variables, the health check."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")


def check_python(python: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", "--no-print-directory", "python", f"PYTHON={python}"],
        cwd=ROOT,
        env=own,  # not as a part of the `make test` that may run this
        capture_output=True,
        text=True,
        check=False,
    )


def interpreter(folder: Path, release: str) -> str:
    """A stand-in for Python: the running one, with another release in `sys.version_info` and `--version`."""
    numbers = tuple(int(part) for part in release.split("."))
    path = folder / "python"
    path.write_text(
        f"#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo "Python {release}"; exit; fi\n'
        f'exec {sys.executable} -c "import sys; sys.version_info = {numbers}; $2"\n'
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("release", ["3.11.0", "3.12.9", "3.13.1"])
def test_make_accepts_the_supported_versions_of_python(tmp_path: Path, release: str) -> None:
    assert check_python(interpreter(tmp_path, release)).returncode == 0


@pytest.mark.parametrize("release", ["3.10.13", "3.14.0", "4.11.0"])
def test_make_refuses_other_versions_and_says_what_to_do(tmp_path: Path, release: str) -> None:
    done = check_python(interpreter(tmp_path, release))
    assert done.returncode == 2
    message = done.stderr.splitlines()[0]
    assert f"needs version 3.11, 3.12 or 3.13, got Python {release}" in message
    assert "make app PYTHON=" in message


def test_make_names_a_python_that_is_missing(tmp_path: Path) -> None:
    done = check_python(str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr.splitlines()[0]


def test_every_install_checks_python_first() -> None:
    rules = re.findall(r"^\.venv/\.\w+:.*$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert len(rules) == 4
    assert all(rule.endswith("| python") for rule in rules)


def test_pyproject_names_the_same_versions() -> None:
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_image_takes_pytorchs_cpu_build_unless_told_otherwise() -> None:
    default = re.search(r'^ARG TORCH_INDEX="(.*)"$', DOCKERFILE, re.M)
    assert default and default[1].endswith("/whl/cpu")
    assert "TORCH_INDEX" not in COMPOSE, "an empty value from compose would override the default"
    assert "'^torch=='" in DOCKERFILE
    assert sum(line.startswith("torch==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()) == 1


def test_compose_passes_the_settings_that_the_code_reads() -> None:
    code = "".join(path.read_text("utf-8") for folder in ("ui", "recsys") for path in (ROOT / folder).rglob("*.py"))
    passed = set(re.findall(r"^ +(STUDIO_\w+):", COMPOSE, re.M))
    assert all(name in code for name in passed)
    read = set(re.findall(r'"(STUDIO_\w+)"', code))
    outside = {"STUDIO_HOME", "STUDIO_LOCAL_FILES", "STUDIO_RAY"}  # the image has a volume and no Ray
    assert read - passed <= outside


def test_the_health_check_imports_neither_streamlit_nor_the_library() -> None:
    command = re.search(r'HEALTHCHECK .* CMD \["python", "-m", "([\w.]+)"', DOCKERFILE)
    assert command
    code = (
        f"import sys, {command[1]}\n"
        "print([name for name in ('streamlit', 'numpy', 'pandas', 'recsys', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ci_runs_what_a_developer_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
