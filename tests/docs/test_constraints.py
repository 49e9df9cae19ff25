"""constraints.txt pins every requirement at a version in its range, for Python 3.11, 3.12 and 3.13."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from recsys.models.sentence_encoders import ENCODERS

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")
PINS = [Requirement(line) for line in CONSTRAINTS.splitlines() if line and not line.lstrip().startswith("#")]
NOT_FOR_THE_APP = ("requirements-dev.txt", "requirements-tools.txt")
PYTHONS = ("3.11", "3.12", "3.13")


def requirements() -> Iterator[tuple[str, Requirement]]:
    """Every requirement of requirements*.txt with the name of its file."""
    for path in sorted(ROOT.glob("requirements*.txt")):
        for line in path.read_text("utf-8").splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-r "):
                yield path.name, Requirement(text)


def pinned(name: str, python: str) -> list[Version]:
    """The versions at which a package is pinned for this Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    return [
        Version(next(iter(pin.specifier)).version)
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(environment))
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("file", "requirement"), [*requirements()], ids=str)
def test_every_requirement_is_pinned_once_within_its_range(file: str, requirement: Requirement, python: str) -> None:
    versions = pinned(requirement.name, python)
    assert len(versions) == 1, f"{requirement.name} of {file} on Python {python}: {versions}; run make constraints"
    assert versions[0] in requirement.specifier


def test_every_line_pins_one_version_and_names_no_address_or_path() -> None:
    for pin in PINS:
        assert [clause.operator for clause in pin.specifier] == ["=="], pin
        assert pin.url is None and not Version(next(iter(pin.specifier)).version).local, pin
    assert not re.search(r"://|/|\\|--", CONSTRAINTS)


def test_the_tests_run_with_the_pinned_versions() -> None:
    different = {}
    for pin in PINS:
        try:
            installed = Version(version(pin.name)).public
        except PackageNotFoundError:  # an extra, or for another platform
            continue
        if installed not in pin.specifier and (pin.marker is None or pin.marker.evaluate()):
            different[pin.name] = f"installed {installed}, pinned {pin.specifier}"
    assert not different, "run make test, or make constraints to pin other versions"


def test_every_imported_package_is_required() -> None:
    folders = [ROOT / "recsys", ROOT / "ui", ROOT / "pages"]
    trees = [ast.parse(path.read_text("utf-8")) for folder in folders for path in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    names = {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) - {"recsys", "ui"}
    names -= {module for encoder in ENCODERS for module in encoder.modules}  # any of them; see the next test
    required = {canonicalize_name(one.name) for file, one in requirements() if file not in NOT_FOR_THE_APP}
    installed = packages_distributions()
    missing = {name for name in names if not {canonicalize_name(d) for d in installed.get(name, [name])} & required}
    assert not missing


def test_the_text_extra_is_an_encoder_that_the_library_takes() -> None:
    extra = {requirement.name for file, requirement in requirements() if file == "requirements-text.txt"}
    assert extra & {encoder.package for encoder in ENCODERS}


def test_torch_is_admitted_up_to_the_tested_release_only() -> None:
    (torch,) = (requirement for _, requirement in requirements() if requirement.name == "torch")
    assert str(torch.specifier) in (">=2.6,<2.14", "<2.14,>=2.6")
    assert Version("2.13.0") in torch.specifier and Version("2.14.0") not in torch.specifier


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_every_installation_uses_the_constraints(file: str) -> None:
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ")
    calls = [line for line in text.splitlines() if re.search(r"(pip install|\$\(PIP\)) .*--requirement", line)]
    assert calls
    assert all("--constraint constraints.txt" in line or "$(PIP)" in line for line in calls)
    assert "constraints.txt" in (ROOT / "Makefile").read_text("utf-8").split("PIP = ")[1].splitlines()[0]
