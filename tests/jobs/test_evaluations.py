"""Evaluations and maps as described jobs, done by hand from their files: the same values as computed here."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.embeddings import extract, project
from recsys.embeddings.interests import interest_model
from recsys.errors import ArtifactError, InputError
from recsys.evaluation import Report, evaluate_models
from recsys.evaluation.quality_over_alpha import quality_over_alpha
from recsys.explain import attention
from recsys.explain.attention import deletion_histories, deletion_study
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import perform, write_description
from recsys.jobs.maps import ProjectionSettings
from recsys.jobs.progress import Progress
from recsys.jobs.runner import run_file
from recsys.jobs.studies import is_of_model, studied_model
from recsys.jobs.values import load_value
from recsys.models.attention.config import AttentionConfig
from recsys.runs import copy_run, load_run, run_digest, train_run
from recsys.wording import Message, to_json
from recsys.workspace import Workspace, new_id, read_content
from tests.conftest import planted_dataset
from tests.jobs.test_values import same

ANN = "a" * 32
SETTINGS = ProjectionSettings(neighbours=5)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def run_id(workspace: Workspace) -> str:
    data, shape = planted_dataset(users=60), AttentionConfig(embedding_size=16, layers=1)
    run = train_run(data, model_config=shape, epochs=1, threads=1, holdout="last-one")
    return workspace.space(ANN).save_run(run, data).id


def done_by_hand(workspace: Workspace, kind: str, run_id: str, **settings: Any) -> Any:
    """The value of a job that a file describes."""
    job = JobDescription(new_id(), kind, ANN, run=run_id, settings=settings)
    return load_value(run_file(write_description(job, workspace), workspace.root)["result"], workspace)


def without_times(report: Report) -> Report:
    """The report without the milliseconds that scoring took."""
    return replace(report, models=tuple(replace(model, milliseconds=0.0) for model in report.models))


def test_the_evaluation_of_a_run_and_of_another_beside_it(workspace: Workspace, run_id: str) -> None:
    run, dataset = load_run(workspace.space(ANN).path(run_id))
    split, other = run.split(dataset), Message("{model} of {run}", model="Attention", run="another run")
    models = {**run.models, **run.parts, other: run.model}
    compared = [[run_id, to_json(other)]]
    found = done_by_hand(workspace, "evaluate", run_id, compared=compared)
    expected = evaluate_models(models, split.test, split.train, parts=tuple(run.parts))
    assert same(without_times(found), without_times(expected))
    found = done_by_hand(workspace, "evaluate", run_id, compared=compared, protocol="sampled-negatives")
    expected = evaluate_models(
        models, split.test, split.train, protocol="sampled-negatives", parts=tuple(run.parts), sampled=999
    )
    assert same(without_times(found), without_times(expected))


@pytest.mark.parametrize("targets", [None, [9, 3, 5, 7, 11, 13]])
def test_quality_over_alpha(workspace: Workspace, run_id: str, targets: list[int] | None) -> None:
    run, dataset = load_run(workspace.space(ANN).path(run_id))
    holdout = run.split(dataset).test
    users = holdout.users if targets is None else np.sort(targets)
    positions = np.flatnonzero(np.isin(holdout.users, users))
    expected = quality_over_alpha(run.model, holdout, "same group", targets=positions, group=users)
    assert same(done_by_hand(workspace, "alpha", run_id, source="same group", targets=targets), expected)
    assert expected.users == len(users)


def test_deletion_curves(workspace: Workspace, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "deletion_histories", lambda known: deletion_histories(known)[:6])  # it is slow
    run, dataset = load_run(workspace.space(ANN).path(run_id))
    histories = deletion_histories(run.known_histories(dataset))[:6]
    expected = deletion_study(run.model, histories, repeats=run.repeats)
    assert same(done_by_hand(workspace, "deletion", run_id), expected) and expected.n_recommendations == 6


@pytest.mark.parametrize("representation", ["interests", "next-choice"])
def test_a_map_is_saved_too(workspace: Workspace, run_id: str, representation: str) -> None:
    space = workspace.space(ANN)
    run, dataset = load_run(space.path(run_id))
    embeddings = extract(interest_model(run.model, dataset) if representation == "interests" else run.model, dataset)  # type: ignore[arg-type]
    expected = project(embeddings.users, neighbours=5, min_distance=SETTINGS.min_distance)
    described = {"projection": SETTINGS.to_json(), "representation": representation, "align_to": ""}
    assert same(done_by_hand(workspace, "map", run_id, **described), expected)
    (entry,) = (entry for entry in space.entries("map") if entry.meta["key"] == SETTINGS.key(embeddings))
    assert entry.name == "Map of users, 2-D" and entry.meta["rows"] == 60


def test_copies_of_a_run_have_the_same_digest(workspace: Workspace, run_id: str, tmp_path: Path) -> None:
    folder = workspace.space(ANN).path(run_id)
    copy_run(folder, tmp_path, "mine")
    assert run_digest(tmp_path) == run_digest(folder)
    weights = next((tmp_path / "models").rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    assert run_digest(tmp_path) != run_digest(folder), "whoever changes a copy finds no result of the original"
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "run.json").write_text("{", "utf-8")
    with pytest.raises(ArtifactError, match="is damaged"):
        run_digest(tmp_path)


@pytest.mark.parametrize("model", ["attention", "gru4rec", "lightgcn", "item-knn"])
def test_a_study_trains_the_model_of_its_run(workspace: Workspace, model: str) -> None:
    """Where the run's model is not trained in epochs, the default one; a study of another model is none of this run."""
    space, data = workspace.space(ANN), planted_dataset()
    run = train_run(data, model=model, epochs=1, threads=1, baselines=())
    asked = studied_model(run, data)
    settings = {"axis": "users", "folds": 2, "epochs": 1, "only": [], "model": asked}
    job = JobDescription(new_id(), "study", ANN, run=space.save_run(run, data).id, settings=settings)
    saved = space.get(perform(job, workspace, Progress(lambda report: None, threading.Event())))
    content = read_content(space.path(saved.id))
    assert content["model"] == ("attention" if model == "item-knn" else model)
    assert (asked == {}) == (model == "item-knn") and is_of_model(saved.meta, run, data)
    if asked:
        assert {"name": model, **content["training"]["model"]} == asked
        assert not is_of_model({**saved.meta, "model": {**asked, "embedding_size": 8}}, run, data)


def test_the_study_of_an_equal_job_is_copied(
    workspace: Workspace, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = workspace.space(ANN), workspace.space("b" * 32)
    content, meta = {"level": "helps", "points": []}, {"fingerprint": "f", "axis": "users"}
    of_bob = bob.save_json("study", "Thesis Bob", content, meta)
    job = JobDescription(new_id(), "study", ANN, run=run_id, settings={"axis": "users"})
    progress = Progress(lambda report: None, threading.Event(), of_bob.id)
    copied = ann.get(perform(job, workspace, progress))
    assert copied.id != of_bob.id and (copied.name, dict(copied.meta)) == ("Does users transfer help?", meta)
    assert read_content(ann.path(copied.id)) == content

    def anew(*asked: object, **options: object) -> None:
        raise InputError("the study", "is done anew")

    monkeypatch.setattr("recsys.evaluation.study.transfer_study.transfer_study", anew)
    bob.delete(of_bob.id)
    with pytest.raises(InputError, match="is done anew"):
        perform(job, workspace, progress)
