"""Every recipe of docs/CONTRIBUTING.md is followed in a copy of the repository: its files, its edits, its tests.

A code block whose first line is a comment with a path is that file. A `diff` block edits the file that its first line
names: the lines without a plus must be there, one after the other and once only; those with a minus are removed and
those with a plus are inserted. Conformance suites that the text of a recipe names are run too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "CONTRIBUTING.md"
COPIED = ("recsys", "ui", "pages", "tests")
LINKED = ("sample_data", "benchmarks", "docs", ".ci", ".streamlit", "Makefile", "constraints.txt")


@dataclass(frozen=True)
class Recipe:
    """A section "Add a …": its code blocks as (language, text), and the test files that its text names."""

    title: str
    blocks: tuple[tuple[str, str], ...]
    suites: tuple[str, ...]


def recipes() -> list[Recipe]:
    """The sections of the guide that begin with "Add"."""
    found = []
    for section in re.split(r"^## ", GUIDE.read_text("utf-8"), flags=re.M)[1:]:
        title = section.partition("\n")[0]
        tokens = MarkdownIt().parse(section)
        blocks = tuple((token.info, token.content) for token in tokens if token.type == "fence")
        text = " ".join(token.content for token in tokens if token.type == "inline")
        if title.startswith("Add "):
            found.append(Recipe(title, blocks, tuple(re.findall(r"`(tests/[\w/]+\.py)`", text))))
    return found


def copy_repository(folder: Path) -> Path:
    """A copy in which the code can be changed; data and documents are linked."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name in ("app.py", "README.md", "README.zh.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def edited(text: str, change: str) -> str:
    """The text with a change, whose unchanged and removed lines must occur once."""
    lines = change.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, f"these lines occur {text.count(before)} times:\n{before}"
    return text.replace(before, after)


def follow(recipe: Recipe, folder: Path) -> list[Path]:
    """Write and edit what the recipe says; return the new Python files."""
    added = []
    for language, text in recipe.blocks:
        first, _, rest = text.partition("\n")
        path = folder / first.lstrip("# ").strip()
        assert path.suffix, f"the first line of a code block must name a file: {first}"
        if language == "diff":
            path.write_text(edited(path.read_text("utf-8"), rest.rstrip("\n")), "utf-8")
            continue
        assert not path.exists(), f"{first}: a recipe adds files; an edit is a diff block"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        added.append(path.relative_to(folder))
    return added


def run(folder: Path, *arguments: str) -> None:
    """Run a Python module in the copy; its output is the message of a failure."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_a_recipe_works_as_written(recipe: Recipe, tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "repository")
    added = follow(recipe, folder)
    tests = [str(path) for path in added if path.name.startswith("test_")]
    assert tests, "a recipe ends with a test"
    names = " or ".join(sorted({path.stem for path in added if path.stem != "__init__"}))
    checks = ("tests/test_architecture.py", "tests/test_readme.py")
    run(folder, "pytest", "-q", *tests, *checks, "-k", f"file_map or {names}")  # all of `tests`: their stems are names
    files = [str(path) for path in added]
    run(folder, "ruff", "check", *files)
    run(folder, "ruff", "format", "--check", *files)


def test_the_recipes_pass_conformance_suites_and_type_checker_together(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "repository")
    if (cache := ROOT / ".mypy_cache").is_dir():  # what has not changed is not checked again
        shutil.copytree(cache, folder / cache.name)
    added = {recipe.title: follow(recipe, folder) for recipe in recipes()}
    paths = [str(path) for files in added.values() for path in files]
    run(folder, "mypy", *(path for path in paths if path.startswith(("recsys", "ui"))))
    for recipe in recipes():
        names = {path.parent.name if path.stem in ("model", "config") else path.stem for path in added[recipe.title]}
        for suite in recipe.suites:  # of entries by name, the new ones: the others have passed it where it is
            chosen = ("-k", " or ".join(names - {"__init__"})) if "conformance" in suite else ()
            run(folder, "pytest", "-q", "-x", suite, *chosen)


def test_the_guide_has_a_recipe_for_every_seam() -> None:
    seams = ("model", "metric", "file format", "transfer method", "page")
    assert [recipe.title for recipe in recipes()] == [f"Add a {seam}" for seam in seams]


def test_an_edit_needs_lines_that_occur_once() -> None:
    assert edited("a\nb\nc\n", " a\n+x\n b") == "a\nx\nb\nc\n"
    assert edited("a\nb\nc\n", "-a\n+x\n b") == "x\nb\nc\n"
    with pytest.raises(AssertionError, match="occur 2 times"):
        edited("a\nb\na\nb\n", " a\n+x")
    with pytest.raises(AssertionError, match="occur 0 times"):
        edited("a\n", " z\n+x")


def test_every_path_that_the_guide_names_exists() -> None:
    text = re.sub(r"```.*?```", "", GUIDE.read_text("utf-8"), flags=re.S)
    named = set(re.findall(r"`((?:recsys|ui|pages|tests|docs|benchmarks|sample_data)/[\w./-]*)`", text))
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]
