"""The text model of a run: recorded, needed only while training, and the same when a training continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError, MissingExtraError
from recsys.models import sentence_encoders
from recsys.models.attention.config import AttentionConfig
from recsys.models.item_text import ENCODED, NO_ENCODER, TF_IDF, WORD_COUNTS, item_text_vectors
from recsys.models.sentence_encoders import SentenceEncoder
from recsys.models.sequence.learner import SequenceLearner
from recsys.models.training.config import TrainConfig
from recsys.runs import load_run, save_run, train_run
from recsys.runs.item_features import read_item_features, reader_message
from recsys.wording import Message
from tests.conftest import planted_dataset


def letters(texts: Sequence[str]) -> np.ndarray:
    """Counts of six letters: float32 (n, 6)."""
    return np.array([[text.count(letter) + 0.1 for letter in "aeioun"] for text in texts], dtype=np.float32)


LETTERS = SentenceEncoder("letters", "Letters", "letters-package", ("json",), 2, letters)
OTHER = replace(LETTERS, name="other", package="other-package")


def missing(encoder: SentenceEncoder) -> SentenceEncoder:
    return replace(encoder, modules=("no_such_module",))


def install(monkeypatch: pytest.MonkeyPatch, *encoders: SentenceEncoder) -> None:
    monkeypatch.setattr(sentence_encoders, "ENCODERS", encoders)


def silent(*_: object, **__: object) -> None:
    pass


def test_a_run_names_its_text_model_and_opens_without_it(
    planted: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, LETTERS)
    run = train_run(planted, model_config=AttentionConfig(embedding_size=8), epochs=1, baselines=())
    save_run(run, planted, tmp_path / "run")
    install(monkeypatch, missing(LETTERS))
    opened, dataset = load_run(tmp_path / "run")
    assert opened.config["text_model"] == "letters"
    assert "Sentence encoder Letters on titles" in opened.config["text"]
    histories = [dataset.history(0)]
    assert np.array_equal(opened.model.scores(histories), run.model.scores(histories))


def test_a_training_continues_with_the_text_model_that_it_began_with(
    planted: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, LETTERS)
    began = read_item_features(planted, "auto", tmp_path / "checkpoint", silent)
    install(monkeypatch, OTHER, LETTERS)
    assert read_item_features(planted, "auto", None, silent).text_model == "other"
    goes_on = read_item_features(planted, "auto", tmp_path / "checkpoint", silent)
    assert goes_on.text_model == began.text_model == "letters"
    install(monkeypatch, OTHER, missing(LETTERS))
    with pytest.raises(MissingExtraError, match=r"read by letters, which is not installed\. pip install"):
        read_item_features(planted, "auto", tmp_path / "checkpoint", silent)


def test_the_same_texts_are_encoded_once(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(texts: Sequence[str]) -> np.ndarray:
        calls.append(len(texts))
        return letters(texts)

    install(monkeypatch, replace(LETTERS, encode=counted))
    first = item_text_vectors(planted.catalogue).vectors
    assert np.array_equal(item_text_vectors(planted.catalogue).vectors, first, equal_nan=True) and calls == [40]
    longer = replace(planted.catalogue, titles=tuple(f"{title} anew" for title in planted.catalogue.titles))
    assert not np.array_equal(item_text_vectors(longer).vectors[1:], first[1:]) and calls == [40, 40]


def test_a_checkpoint_with_other_item_features_is_refused(planted: Dataset) -> None:
    """Those of an earlier version, which did not name the text model."""
    config, train = AttentionConfig(embedding_size=8).fitted(planted), TrainConfig(epochs=1).fitted(planted)
    table = np.random.default_rng(0).normal(size=(planted.n_items + 1, 6)).astype(np.float32)
    began, now = SequenceLearner(planted, config, train, table), SequenceLearner(planted, config, train, table[:, :4])
    with pytest.raises(ArtifactError, match=r"began with 6 numbers per item as features \(got 4\)"):
        now.load_tensors(began.tensors())


def test_what_a_saved_run_says_of_its_features_is_a_message_again() -> None:
    found = item_text_vectors(planted_dataset(users=40).catalogue, TF_IDF)
    saved = f"vectors “image”; {found.reader} {NO_ENCODER}"
    message = reader_message(saved)
    assert message == saved and isinstance(message, Message) and set(message.values) == {"first", "others"}
    assert isinstance(message.values["first"], Message) and message.values["first"].values == {"name": "image"}
    others = message.values["others"]
    assert isinstance(others, Message) and isinstance(others.values["sentence"], Message)
    assert others.values["sentence"].values["items"] == 40
    assert reader_message("another sentence") == "another sentence"


def test_the_sentences_of_earlier_versions_are_known() -> None:
    what = "the titles, descriptions and tags of 1,975 of 1,975 items: 64 numbers each"
    found = reader_message(f"TF-IDF and SVD counted the words of {what}. {NO_ENCODER}")
    assert isinstance(found, Message) and isinstance(found.values["sentence"], Message)
    assert found.values["sentence"].template == WORD_COUNTS and found.values["sentence"].values["items"] == 1975
    found = reader_message(f"The sentence encoder MiniLM read {what}, offline.")
    assert isinstance(found, Message) and found.template == ENCODED and found.values["encoder"] == "MiniLM"
