"""Names that the app gives to saved work are messages where they are shown; those of users stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.cases.party_names import GROUP
from recsys.data.samples import SAMPLES
from recsys.models.table import MODEL_ON_DATA, MODELS
from recsys.wording import Message
from recsys.workspace import Workspace
from recsys.workspace.entries import name_of, name_of_data
from recsys.workspace.names import COPY, FILES, QUERY, RUN, SAMPLE_RUN, STOPPED, STUDY, known_name

SAMPLE = SAMPLES[0].dataset_name()
NAMES = [
    *(Message(STUDY, axis=axis) for axis in ("users", "time", "scenarios")),
    Message(STOPPED, name="mine {x}", epoch=3),
    Message(COPY, name=Message(STOPPED, name=Message(RUN, number=1_200, data=SAMPLE), epoch=12)),
    *(Message(MODEL_ON_DATA, model=entry.label, data=SAMPLE) for entry in MODELS),
    *(sample.dataset_name() for sample in SAMPLES),
    SAMPLE_RUN,
    Message(GROUP, interests="gardening, maps", n=1_200),
    Message(RUN, number=1, data=Message(FILES, file="a.csv", n=2)),
    Message(QUERY, database="shop"),
]


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_name_of_the_app_is_recognised_where_it_was_saved(name: str) -> None:
    found = known_name(str(name))
    assert isinstance(found, Message) and found == name


def test_the_names_inside_are_recognised_too() -> None:
    copy = known_name(str(NAMES[4]))
    stopped = copy.values["name"]  # type: ignore[attr-defined]
    run = stopped.values["name"]
    assert (copy.template, stopped.template, run.template) == (COPY, STOPPED, RUN)  # type: ignore[attr-defined]
    assert run.values["number"] == 1_200 and isinstance(run.values["data"], Message)


@pytest.mark.parametrize("interests", ["lasso", "Group 3", "unknown", "other", "lasso (12 users)"])
def test_a_group_is_named_by_words_of_the_app(interests: str) -> None:
    found = known_name(f"{interests} (1,200 users)")
    assert isinstance(found, Message) and isinstance(found.values["interests"], Message)


@pytest.mark.parametrize(
    "name",
    [
        *("winter", "Run fast on Mondays", "Notes (sample)", "Walking on water", ""),
        *("Ann and some more", "mine (12)", "Group theory"),
        *("Run , on x", "Run 1,2 on x", ",, trials on x", "mine (stopped after epoch ,)"),
        *("Run 2024 on sales", "Run 007 on b", "Run ٣ on b", f"Run {'9' * 5_000} on b"),
    ],
)
def test_a_name_of_a_user_stays(name: str) -> None:
    assert known_name(name) == name and not isinstance(known_name(name), Message)


def test_a_damaged_entry_leaves_the_name_that_was_saved_with_the_content(tmp_path: Path) -> None:
    space = Workspace(tmp_path).space("ab" * 16)
    data, run = (space.save(kind, kind, Path.touch, {}) for kind in ("dataset", "run"))
    space.mark(run.id, dataset=data.id)
    folder = space.path(run.id)
    assert (name_of(folder, "old"), name_of_data(folder, "old")) == ("run", "dataset")
    (space.path(data.id) / "entry.json").write_text("[", "utf-8")
    assert (name_of(folder, "old"), name_of_data(folder, "old")) == ("run", "old")
    (folder / "entry.json").write_text("[", "utf-8")
    assert (name_of(folder, "old"), name_of_data(folder, "old")) == ("old", "old")
