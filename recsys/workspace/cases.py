"""Saved cases in a space: what Transfer keeps to compare, each with its run, its list and a note."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from recsys.cases.case import SavedCase, tidy_note
from recsys.errors import ArtifactError
from recsys.files import replace_file
from recsys.wording import Message
from recsys.workspace.entries import TOKEN, Entry, name_of, name_of_data, read_content

if TYPE_CHECKING:
    from recsys.workspace.spaces import Space

KIND = "case"


def save_case(space: Space, saved: SavedCase) -> Entry:
    """Saves a case. Raises StudioError when the space is full."""
    meta = {"run": saved.run, "target": saved.target, "source": saved.source, "alpha": saved.case.alpha}
    return space.save_json(KIND, str(saved.label), saved.to_json(), meta)


def read_case(space: Space, entry_id: str) -> SavedCase:
    """One of the space's cases, with the names that its run and data have now. Raises UnknownIdError, ArtifactError."""
    saved = SavedCase.from_json(read_content(space.path(entry_id)))
    # An import by an earlier version gave the run a new id in the entry's meta only.
    saved = replace(saved, run=str(space.get(entry_id).meta.get("run", saved.run)))
    if not TOKEN.fullmatch(saved.run):  # the sample's run
        return saved
    folder = space.folder / "run" / saved.run
    return replace(saved, run_name=name_of(folder, saved.run_name), data=name_of_data(folder, saved.data))


def saved_cases(space: Space) -> tuple[dict[str, SavedCase], tuple[Message, ...]]:
    """The cases of a space by id, newest first, and a sentence for each that can't be read."""
    found, problems = {}, []
    for entry in space.entries(KIND):
        try:
            found[entry.id] = read_case(space, entry.id)
        except ArtifactError as error:
            problems.append(error.message)
    return found, tuple(problems)


def set_note(space: Space, entry_id: str, note: str) -> SavedCase:
    """Replaces the note of a case. Raises UnknownIdError, ArtifactError."""
    saved = replace(read_case(space, entry_id), note=tidy_note(note))
    replace_file(space.path(entry_id) / "content.json", json.dumps(saved.to_json(), ensure_ascii=False))
    return saved
