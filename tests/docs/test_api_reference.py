"""The API reference builds offline."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import recsys

ROOT = Path(__file__).resolve().parents[2]


class Addresses(HTMLParser):
    """Collects what a page loads: addresses of scripts, styles and pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = {"script": "src", "img": "src", "link": "href"}.get(tag, "")
        self.loaded += [value for key, value in attrs if key == name and value]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    command = [sys.executable, "-m", "docs.api_reference", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_every_module_has_a_page(reference: Path) -> None:
    modules = {
        path.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__")
        for path in (ROOT / "recsys").rglob("*.py")
        if path.name != "__main__.py"
    }
    pages = {path.relative_to(reference).with_suffix("").as_posix() for path in reference.rglob("*.html")}
    assert modules <= pages


def test_the_first_page_has_every_public_name(reference: Path) -> None:
    text = (reference / "recsys.html").read_text("utf-8")
    assert {name for name in recsys.__all__ if f'id="{name}"' not in text} == set()


def test_pages_load_nothing_from_elsewhere(reference: Path) -> None:
    for path in reference.rglob("*.html"):
        loaded = Addresses(path.read_text("utf-8")).loaded
        assert [address for address in loaded if re.match(r"(https?:)?//", address)] == [], path.name
