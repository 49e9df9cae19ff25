"""A run is trained, stopped, saved and opened again as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError, InputError, TrainingError
from recsys.jobs.progress import Progress
from recsys.metrics import repeat_statistics
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.models.training.reports import EpochReport
from recsys.models.validation import next_item_quality
from recsys.runs import TrainingPlan, differences, load_run, read_card, save_run, train_run
from tests.conftest import planted_dataset
from tests.jobs.functions import queue_of_functions, submit
from tests.metrics.test_repeats import shop

SMALL = AttentionConfig(embedding_size=16, layers=1)


def test_a_run_comes_back_as_it_was(planted: Dataset, tmp_path: Path) -> None:
    run = train_run(planted, model_config=SMALL, epochs=2, threads=1)
    save_run(run, planted, tmp_path / "run")
    back, dataset = load_run(tmp_path / "run")
    assert dataset.fingerprint == planted.fingerprint
    assert list(back.models) == ["attention", "popularity", "item-knn", "markov"]
    for name, model in run.models.items():
        assert np.array_equal(model.scores(planted.histories()), back.models[name].scores(planted.histories())), name
    for attribute in ("id", "name", "holdout", "seconds", "created", "versions", "parameters", "settings", "evidence"):
        assert getattr(back, attribute) == getattr(run, attribute), attribute
    assert [dict(report) for report in back.reports] == [dict(report) for report in run.reports]
    assert set(run.validation) == {"attention", "popularity", "item-knn", "markov"}


def test_saving_again_replaces(planted: Dataset, tmp_path: Path) -> None:
    for model in ("popularity", "markov"):
        save_run(train_run(planted, model=model), planted, tmp_path / "run")
    assert load_run(tmp_path / "run")[0].model.name == "markov"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_stop_keeps_the_best_so_far(planted: Dataset) -> None:
    class Stopping:
        stopping, graceful, calls = False, False, 0

        def __call__(self, fraction: float, message: str = "", **details: object) -> None:
            self.stopping = "Epoch 2" in message

    run = train_run(planted, model_config=SMALL, epochs=50, progress=Stopping())
    assert len(run.reports) == 2 and run.model.name == "attention"


class StoppingAfter:
    """A progress that is asked whether to stop, and says so from some number of times on."""

    graceful = False

    def __init__(self, most: int) -> None:
        self.most, self.asked = most, 0

    def __call__(self, fraction: float, message: str = "", **details: object) -> None:
        pass

    @property
    def stopping(self) -> bool:
        self.asked += 1
        return self.asked > self.most


def test_a_stop_in_the_middle_of_an_epoch_drops_that_epoch(planted: Dataset) -> None:
    config = TrainConfig(epochs=3, batch_size=32)
    options = {"model_config": SMALL, "train_config": config, "threads": 1, "baselines": ()}
    whole = StoppingAfter(1_000_000)
    train_run(planted, **options, progress=whole)  # type: ignore[arg-type]
    assert whole.asked >= 3 * 4, "it is asked before each batch"
    middle = StoppingAfter(whole.asked // 3 + 2)
    run = train_run(planted, **options, progress=middle)  # type: ignore[arg-type]
    assert [row["epoch"] for row in run.reports] == [1] and middle.asked < middle.most + 3
    with pytest.raises(TrainingError, match="before its first epoch ended"):
        train_run(planted, **options, progress=StoppingAfter(1))  # type: ignore[arg-type]


def test_held_out_items_are_not_trained_on(planted: Dataset) -> None:
    kept = train_run(planted, model="popularity", holdout="last-one")
    counts = np.round(np.expm1(kept.model.scores([planted.history(0)])[0, 1:])).sum()
    assert counts == planted.n_interactions - 2 * planted.n_users
    assert all(len(h) == 13 for h in kept.known_histories(planted))
    everything = train_run(planted, model="popularity", holdout="none")
    counts = np.round(np.expm1(everything.model.scores([planted.history(0)])[0, 1:])).sum()
    assert counts == planted.n_interactions
    with pytest.raises(InputError, match="held-out rows"):
        everything.split(planted)


def test_an_interrupted_training_ends_the_same(planted: Dataset, tmp_path: Path) -> None:
    config = TrainConfig(epochs=4)
    whole = train_run(planted, model_config=SMALL, train_config=config, threads=1)

    class Killed(Exception):
        pass

    def kill(fraction: float, message: str = "", **details: object) -> None:
        if "Epoch 2" in message:
            raise Killed

    with pytest.raises(Killed):
        train_run(planted, model_config=SMALL, train_config=config, threads=1, checkpoint=tmp_path / "c", progress=kill)
    resumed = train_run(planted, model_config=SMALL, train_config=config, threads=1, checkpoint=tmp_path / "c")
    assert [row["epoch"] for row in resumed.reports] == [1, 2, 3, 4], "the curve is whole"
    assert [row["loss"] for row in resumed.reports] == pytest.approx([row["loss"] for row in whole.reports], abs=1e-4)
    histories = planted.histories()
    assert np.allclose(whole.model.scores(histories)[:, 1:], resumed.model.scores(histories)[:, 1:], atol=1e-5)


@pytest.mark.parametrize("file", ["run.json", "data/meta.json", "models/popularity/weights.safetensors"])
def test_damage_is_named(planted: Dataset, tmp_path: Path, file: str) -> None:
    save_run(train_run(planted, model="popularity"), planted, tmp_path / "run")
    path = tmp_path / "run" / file
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ArtifactError):
        load_run(tmp_path / "run")


def test_data_of_another_run_is_refused(planted: Dataset, tmp_path: Path) -> None:
    save_run(train_run(planted, model="popularity"), planted, tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"dataset_fingerprint": "0" * 16}))
    with pytest.raises(ArtifactError, match="does not fit"):
        load_run(tmp_path / "run")


def test_a_run_of_an_older_version_opens_under_todays_fingerprint(planted: Dataset, tmp_path: Path) -> None:
    save_run(train_run(planted, model="popularity"), planted, tmp_path / "run")
    for file, name in (("run.json", "dataset_fingerprint"), ("data/meta.json", "fingerprint")):
        path = tmp_path / "run" / file
        path.write_text(json.dumps(json.loads(path.read_text()) | {name: planted.rows_fingerprint}))
    run, dataset = load_run(tmp_path / "run")
    assert run.dataset_fingerprint == dataset.fingerprint == planted.fingerprint


def test_invalid_arguments_are_refused(planted: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holdout must be one of"):
        train_run(planted, holdout="half")
    with pytest.raises(InputError, match="must be one of"):
        train_run(planted, model="magic")
    with pytest.raises(InputError, match="made by train"):
        load_run(tmp_path)


def test_a_plan_round_trips_through_json_and_runs_show_their_differences(planted: Dataset, tmp_path: Path) -> None:
    plan = TrainingPlan(
        AttentionConfig(embedding_size=8), TrainConfig(epochs=2, seed=3), "mine", "none", ("ease",), "tf-idf"
    )
    assert TrainingPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    with pytest.raises(InputError, match="holdout"):
        TrainingPlan(holdout="half")
    cards = []
    for seed in (0, 1):
        run = train_run(planted, model_config=SMALL, epochs=1, seed=seed, baselines=(), text="tf-idf")
        save_run(run, planted, tmp_path / str(seed))
        cards.append(read_card(tmp_path / str(seed)))
    assert differences(cards) == {"seed": [0, 1]}
    assert cards[0].validation == {"attention": pytest.approx(dict(cards[0].validation["attention"]))}
    assert "TF-IDF" in cards[0].config["text"]
    (tmp_path / "0" / "run.json").write_text("{")
    with pytest.raises(ArtifactError, match="damaged"):
        read_card(tmp_path / "0")


def test_an_error_after_an_epoch_keeps_the_best_model_and_is_recorded(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recsys.models.training import loop

    whole = loop.train

    def breaks(*args: object, **kwargs: object) -> Iterator[EpochReport]:
        yield next(whole(*args, **kwargs))  # type: ignore[arg-type]
        raise TrainingError("the loss", "must stay a number", float("nan"))

    monkeypatch.setattr(loop, "train", breaks)
    run = train_run(planted, model_config=SMALL, epochs=5)
    assert len(run.reports) == 1 and "must stay a number" in run.config["problem"]


def test_eight_trainings_started_at_once_are_queued_and_all_end(planted: Dataset) -> None:
    queue, config = queue_of_functions(), TrainConfig(epochs=2)

    def work(progress: Progress) -> float:
        run = train_run(planted, model_config=SMALL, train_config=config, threads=1, progress=progress)
        return run.validation["attention"]["ndcg@10"]

    owners = ["ann", "ann", "ann", "ann", "ann", "bob", "cem", "dee"]
    jobs = [(submit(queue, owner, "train", "a model", work), owner) for owner in owners]
    places = [queue.snapshot(*job).position for job in jobs]
    assert places[0] == 0 and sorted(places[1:]) == [1, 2, 3, 4, 5, 6, 7]
    assert max(places[5:]) < min(places[2:5])  # those who ask for one do not wait for another user's five
    ended = [queue.wait(*job, timeout=120) for job in jobs]
    assert {job.state for job in ended} == {"done"} and len({job.result for job in ended}) == 1


def test_the_best_simple_baseline_stands_beside_by_default_with_the_interval_of_the_difference(
    planted: Dataset,
) -> None:
    run = train_run(planted, model_config=SMALL, epochs=3, threads=1)
    quality = {name: figures["ndcg@10"] for name, figures in run.validation.items()}
    found = run.evidence["comparison"]
    assert found["baseline"] == max((name for name in quality if name != "attention"), key=quality.__getitem__)
    assert found["value"] == pytest.approx(quality["attention"]) and found["against"] == quality[found["baseline"]]
    assert found["difference"] == pytest.approx(found["value"] - found["against"])
    assert found["low"] <= found["difference"] <= found["high"]
    best = [row for row in run.reports if "comparison" in row][-1]
    assert best["comparison"] == pytest.approx(found), "the newest best epoch is the model that is kept"


def test_the_accuracy_of_network_and_markov_scores_alone_is_in_the_run(planted: Dataset) -> None:
    run = train_run(planted, model_config=SMALL, epochs=3, threads=1)
    parts = run.evidence["parts"]
    assert set(parts) == {"network alone", "Markov alone", "both together"}
    assert parts["both together"]["value"] == pytest.approx(run.validation["attention"]["ndcg@10"])
    assert parts["Markov alone"]["value"] == pytest.approx(run.validation["markov"]["ndcg@10"])
    alone = next_item_quality(run.parts["network alone"], run.split(planted).validation)
    assert parts["network alone"]["value"] == pytest.approx(alone["ndcg@10"], abs=1e-6)
    for estimate in parts.values():
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    pure = train_run(planted, model_config=replace(SMALL, markov=False), epochs=1, baselines=("popularity",))
    assert pure.parts == {} and set(pure.evidence["parts"]) == {"network alone"}


def test_the_settings_of_the_baselines_are_in_the_run(planted: Dataset) -> None:
    run = train_run(planted, model="popularity", baselines=("item-knn", "markov", "ease"))
    assert set(run.settings) == {"item-knn", "markov", "ease"}
    assert set(run.settings["item-knn"]) == {"neighbours", "shrink"}
    assert set(run.settings["markov"]) == {"window", "prior", "power"}
    none = train_run(planted, model="markov", baselines=("popularity",), holdout="none")
    assert set(none.settings["markov"]) == {"window", "prior", "power"} and none.evidence == {}


def test_repeats_among_the_held_out_are_in_the_run() -> None:
    data = shop(users=100)
    run = train_run(data, model="popularity", baselines=("markov",))
    held = run.split(data).validation
    assert run.evidence["repeats"] == repeat_statistics(held.histories, held.positives).to_json()
    assert run.evidence["users"] == len(held)


def test_a_run_of_an_older_version_opens_without_the_new_figures(planted: Dataset, tmp_path: Path) -> None:
    save_run(train_run(planted, model="popularity"), planted, tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    content = json.loads(file.read_text())
    del content["evidence"], content["settings"]
    file.write_text(json.dumps(content))
    assert load_run(tmp_path / "run")[0].evidence == {} and read_card(tmp_path / "run").settings_of_baselines == {}


def test_markov_scores_that_model_and_baseline_share_are_saved_once(planted: Dataset, tmp_path: Path) -> None:
    run = train_run(planted, model_config=SMALL, epochs=2, threads=1)
    save_run(run, planted, tmp_path / "run")
    alone = load_file(tmp_path / "run" / "models" / "attention" / "weights.safetensors")
    assert not [name for name in alone if name.startswith("markov")]
    back, _ = load_run(tmp_path / "run")
    assert back.parts.keys() == run.parts.keys() == {"network alone"}
    assert back.model.markov is back.baselines["markov"]  # type: ignore[attr-defined]
    alone_again = back.parts["network alone"]
    assert back.parts["network alone"] is alone_again, "a page asks for the parts at each rerun"
    for model in (back.model, alone_again):
        read: Any = model
        assert np.shares_memory(read._vectors.numpy(), back.model.item_vectors)  # type: ignore[attr-defined]
    save_run(back, planted, tmp_path / "again")
    histories = planted.histories()
    assert np.array_equal(load_run(tmp_path / "again")[0].model.scores(histories), run.model.scores(histories))
    own = train_run(planted, model_config=SMALL, epochs=1, baselines=("popularity",))
    save_run(own, planted, tmp_path / "own")
    assert np.array_equal(load_run(tmp_path / "own")[0].model.scores(histories), own.model.scores(histories))


def test_a_run_with_the_models_names_of_an_earlier_version_opens(planted: Dataset, tmp_path: Path) -> None:
    run = train_run(planted, model="mean-item-mlp", baselines=("bpr-item-mean", "als"))
    save_run(run, planted, tmp_path)
    for new, old in (("mean-item-mlp", "ncf"), ("bpr-item-mean", "bpr")):
        (tmp_path / "models" / new).rename(tmp_path / "models" / old)
    weights = tmp_path / "models" / "ncf" / "weights.safetensors"
    earlier = {"users": "people", "hidden_users": "hidden_people"}
    save_file({earlier.get(name, name): value for name, value in load_file(weights).items()}, weights)
    for file in (tmp_path / "run.json", *tmp_path.glob("models/*/meta.json")):
        text = file.read_text().replace("mean-item-mlp", "ncf").replace("bpr-item-mean", "bpr")
        text = text.replace('"hidden_users"', '"hidden_people"').replace('"users":', '"people":')
        text = re.sub(r'"alpha": ([\d.]+)', lambda found: f'"confidence": {float(found[1]) - 1}', text)
        file.write_text(text.replace("regularization", "regularisation"))
    content = json.loads((tmp_path / "run.json").read_text())
    content["evidence"]["users"] = content["evidence"].pop("people")
    (tmp_path / "run.json").write_text(json.dumps(content))
    assert content["model"] == "ncf" and "bpr" in content["validation"]
    back, _ = load_run(tmp_path)
    assert list(back.models) == list(run.models) and back.validation == run.validation
    assert back.evidence["comparison"] == run.evidence["comparison"] and set(back.settings) == set(run.settings)
    for name, model in run.models.items():
        assert np.array_equal(model.scores(planted.histories()), back.models[name].scores(planted.histories())), name
    assert read_card(tmp_path).model == "mean-item-mlp"


def test_a_plan_of_an_earlier_version_is_of_the_first_model() -> None:
    values = TrainingPlan(AttentionConfig(layers=1, max_length=30)).to_json()
    del values["model_name"], values["train"]["device"]
    model = values["model"]
    model |= {"flavour": model.pop("objective"), "blocks": model.pop("layers"), "context": model.pop("max_length")}
    assert TrainingPlan.from_json(values) == TrainingPlan(AttentionConfig(layers=1, max_length=30))


def test_the_model_that_is_named_and_the_config_must_agree(planted: Dataset) -> None:
    with pytest.raises(InputError, match="model_config must be of the model gru4rec"):
        train_run(planted, model="gru4rec", model_config=SMALL)


def test_weights_per_scenario_are_found_and_saved_where_they_are_asked_for(tmp_path: Path) -> None:
    data = planted_dataset(users=300)
    shape = AttentionConfig(embedding_size=8, layers=1, scenarios="weights")
    run = train_run(data, model_config=shape, epochs=1, threads=1, baselines=())
    plain = train_run(data, model_config=replace(shape, scenarios="as one"), epochs=1, threads=1, baselines=())
    assert "scenario_weights" in run.config and "scenario_weights" not in plain.config
    assert run.validation["attention"]["ndcg@10"] >= plain.validation["attention"]["ndcg@10"]
    save_run(run, data, tmp_path / "run")
    histories = data.histories()[:4]
    assert np.array_equal(load_run(tmp_path / "run")[0].model.scores(histories), run.model.scores(histories))
