"""Tests of the interface watch the screen too, where they open pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.screen import watched


@pytest.fixture(autouse=True)
def nothing_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test in which any step showed or logged an error that the test did not name."""
    yield from watched(monkeypatch)
