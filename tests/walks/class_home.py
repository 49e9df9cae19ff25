"""A home in which a teacher has tiny work: what the server of a class begins with, and its settings."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.walks.page_walk import home_with_saved_work


def with_class(home: Path) -> str:
    """Puts a teacher's dataset and run into a home; the id of the run, for STUDIO_CLASS_RUN."""
    shutil.copytree(home_with_saved_work(), home, dirs_exist_ok=True)
    return next(home.glob("spaces/*/run/*")).name


def settings(home: Path, class_run: str) -> dict[str, str]:
    """The environment of a walked server. One training at a time, on every machine: `Bounds.jobs` counts on it."""
    return {"STUDIO_HOME": str(home), "STUDIO_CLASS_RUN": class_run, "STUDIO_TRAININGS": "1"}
