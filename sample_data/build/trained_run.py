"""Trains the run that ships with the sample, so that every page works before a user has trained a model.

    python -m sample_data.build.trained_run          writes run/ and miniature.json again (about two minutes)

Its embedding size is 32, to keep the files small. Otherwise it is trained as the app does by default: attention network
and Markov scores together, with popularity, item-kNN and Markov as baselines.
"""

from __future__ import annotations

from pathlib import Path

from recsys.data.samples import load_sample
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.runs import save_run, train_run
from ui.home.miniature import write_miniature

FOLDER = Path(__file__).resolve().parents[1] / "run"


def main() -> None:
    """Trains and saves the run, and prints its validation metrics."""
    dataset = load_sample("all").dataset
    run = train_run(
        dataset,
        model_config=AttentionConfig(embedding_size=32),
        train_config=TrainConfig(epochs=25),
        holdout="last-one",
        name="Sample’s run",
    )
    save_run(run, dataset, FOLDER)
    write_miniature(FOLDER)
    print(run.validation)
    print(run.evidence)


if __name__ == "__main__":
    main()
