"""The API reference builds offline, and every public name documents its arguments and result."""

from __future__ import annotations

import inspect
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


@pytest.mark.parametrize("name", sorted(recsys.__all__))
def test_a_public_name_documents_parameters_and_results(name: str) -> None:
    entry = getattr(recsys, name)
    text = inspect.getdoc(entry) or ""
    assert text
    if getattr(entry, "_is_protocol", False) or hasattr(entry, "options"):
        return  # a protocol is not called; each field of a config has an Option with its help
    parameters = [one for one in inspect.signature(entry).parameters if one != "self"]
    if parameters:
        assert re.search(r"^(Args|Attributes):$", text, re.M), f"{name} has parameters {parameters}"
        described = set(re.findall(r"[\w]+", text))
        assert set(parameters) <= described, f"{name} does not describe {set(parameters) - described}"
    if not inspect.isclass(entry) and inspect.signature(entry).return_annotation != "None":
        assert re.search(r"^(Returns|Yields):$", text, re.M), name
