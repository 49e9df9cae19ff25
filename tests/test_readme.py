"""The README agrees with the repository: file map, links, commands, Python example, environment variables."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

import recsys
from recsys.__main__ import _parser

ROOT = Path(__file__).resolve().parent.parent
README, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))


def packages(folder: str) -> set[str]:
    """The packages and modules in a folder, without `__init__.py`, as the file map names them."""
    inside = (path for path in (ROOT / folder).iterdir() if not path.name.startswith(("__init__", "__pyc", ".")))
    return {f"{folder}/{path.name}" for path in inside if path.is_dir() or path.suffix == ".py"}


def test_the_file_map_names_every_package_and_nothing_else() -> None:
    named = {path.rstrip("/") for path in re.findall(r"^\| `([^`]+)` \|", README, re.M)}
    assert all((ROOT / path).exists() for path in named)
    expected = (packages("recsys") | packages("ui")) - {"recsys/errors.py"}
    assert expected == {path for path in named if path.count("/") == 1 and path.startswith(("recsys/", "ui/"))}
    inner = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "recsys").glob("*/*/__init__.py")}
    assert inner == {path for path in named if path.count("/") == 2}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README + CHINESE))))
def test_every_link_has_a_target(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_chinese_readme_has_the_same_sections_commands_and_variables() -> None:
    def blocks(text: str) -> list[str]:
        return [re.sub(r" +#.*", "", block) for block in re.findall(r"```.*?```", text, re.S)]

    assert blocks(CHINESE) == blocks(README)
    assert CHINESE.count("\n## ") == README.count("\n## ")
    for pattern in (r"STUDIO_[A-Z_]+", r"requirements-\w+\.txt", r"--[a-z]+", r"docs/[\w-]+\.png"):
        assert set(re.findall(pattern, CHINESE)) == set(re.findall(pattern, README)), "say it in both languages"
    assert "(README.zh.md)" in README and "(README.md)" in CHINESE


COMMANDS = re.findall(r"^python -m recsys (.+)$", README, re.M)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_accepted(command: str) -> None:
    assert callable(_parser().parse_args(shlex.split(command)).command)


@pytest.mark.parametrize("text", [README, CHINESE])
def test_the_scheduled_command_is_one_line_that_is_accepted(text: str) -> None:
    (line,) = re.findall(r"`([\d*]+ [\d*]+ [\d*]+ [\d*]+ [\d*]+ cd [^`\n]+)`", text)
    command = line.partition("-m recsys ")[2].partition(" >>")[0]
    assert callable(_parser().parse_args(shlex.split(command)).command)


def test_every_subcommand_is_described() -> None:
    steps = next(action.choices for action in _parser()._actions if action.choices)
    assert {command.split()[0] for command in COMMANDS} == set(steps or ())


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?! \()", README)) <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_python_example_uses_names_that_exist() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.S)
    assert example
    used = {
        node.attr
        for node in ast.walk(ast.parse(example[1]))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "recsys"
    }
    assert used and used <= set(recsys.__all__)


def test_the_environment_variables_are_the_ones_the_code_reads() -> None:
    code = "".join(path.read_text("utf-8") for folder in ("ui", "recsys") for path in (ROOT / folder).rglob("*.py"))
    for name in set(re.findall(r"STUDIO_[A-Z_]+", README)):
        assert name in code, name
