"""Inner loops compiled by numba at their first call, and kept on disk: once per machine and not once per process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any


def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """The loop, compiled when first called (importing numba takes a moment too); it lets go of Python's lock."""

    @cache
    def ready() -> Callable[..., None]:
        from numba import njit

        options: dict[str, Any] = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
        try:
            made: Callable[..., None] = njit(cache=True, **options)(loop)
        except RuntimeError:  # no folder to keep it in may be written: it compiles in each process
            made = njit(**options)(loop)
        return made

    @wraps(loop)
    def call(*args: Any) -> None:
        ready()(*args)

    return call
