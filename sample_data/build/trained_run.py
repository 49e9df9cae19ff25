"""Trains the small run that ships with the sample, so that Home moves before anybody has trained anything.

    python -m sample_data.build.trained_run          writes run/ and miniature.json again (about two minutes)

Small on purpose: 32 numbers for each user. Network and Markov scores together, as the app trains by itself; popularity,
item-kNN and the Markov scores alone as baselines.
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
    """Trains, saves, and prints what came out."""
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
