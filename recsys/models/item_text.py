"""Item text as vectors: titles, descriptions and tags, encoded by a language model or as TF-IDF.

Nothing is downloaded at run time: a model is a package with its weights (requirements-text.txt), a folder on this
machine, or a name in the local cache.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from recsys.data.dataset import Catalogue, read_only
from recsys.models.sentence_encoders import SentenceEncoder, encoder_of, installed_encoder
from recsys.wording import Message

TF_IDF = "tf-idf"  # the name of the text model that only counts words
SIZE = 64  # numbers per item with TF-IDF
MOST_KEPT = 20_000  # texts whose vectors are kept in memory: 40 MB for 512 numbers each
MOST_COUNTED = 50_000  # texts whose TF-IDF vectors are kept: 13 MB
NO_TEXT = Message("No item has a title, a description or tags.")
NO_ENCODER = Message("No sentence encoder is installed (requirements-text.txt).")
WORD_COUNTS = Message(
    "TF-IDF and SVD of titles, descriptions and tags of {filled:,} of {items:,} items: {numbers} numbers each."
)
ENCODED = Message(
    "Sentence encoder {encoder} on titles, descriptions and tags of {filled:,} of {items:,} items: "
    "{numbers} numbers each, offline."
)
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
        model: name of the text model, which `item_text_vectors` takes; "" where no item has a text.
    """

    vectors: np.ndarray
    reader: str
    model: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", read_only(self.vectors))


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
        model: "tf-idf", the name of an encoder of `recsys.models.sentence_encoders`, folder or name of a
            sentence-transformers model; None for the first of these encoders that is installed, else TF-IDF.
        ids: see `item_texts`.

    Raises:
        MissingExtraError: the package of the encoder isn't installed.
        InputError: the language model isn't on this machine, or can't be loaded.
    """
    texts = item_texts(catalogue, ids)
    filled = [item for item, text in enumerate(texts) if text]
    if not filled:
        return TextVectors(np.zeros((len(texts), 0), dtype=np.float32), NO_TEXT, "")
    present, values = [texts[item] for item in filled], {"filled": len(filled), "items": len(texts) - 1}
    encoder = _encoder_for(model)
    if encoder is not None:
        encode = _encode_once if len(present) <= MOST_KEPT else _encode
        rows = encode(tuple(present), encoder)
        reader = Message(ENCODED, encoder=encoder.title, numbers=rows.shape[1], **values)
    else:
        count = _count_once if len(present) <= MOST_COUNTED else _tf_idf
        rows = count(tuple(present), seed)
        reader = Message(WORD_COUNTS, numbers=rows.shape[1], **values)
        if model is None:
            reader = Message("{sentence} {other}", sentence=reader, other=NO_ENCODER)
    vectors = np.full((len(texts), rows.shape[1]), np.nan, dtype=np.float32)
    vectors[filled] = rows
    return TextVectors(vectors, reader, TF_IDF if encoder is None else encoder.name)


def _encoder_for(model: str | Path | None) -> SentenceEncoder | None:
    """The encoder of `item_text_vectors`; None for TF-IDF."""
    if model is None:
        return installed_encoder()
    return None if model == TF_IDF else encoder_of(model)


def text_terms(text: str) -> list[str]:
    """The terms of a text that TF-IDF counts: words, pairs of neighbouring words, and in Chinese, Japanese and Korean,
    which are hardly divided into words, runs of one to three characters. Lower case, full-width letters as usual ones
    (Unicode's NFKC)."""
    text = unicodedata.normalize("NFKC", text)
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


_count_once = lru_cache(maxsize=2)(_tf_idf)


def _encode(texts: tuple[str, ...], encoder: SentenceEncoder) -> np.ndarray:
    """Unit vectors: float32 (n, d). Texts of similar length are encoded together, which is faster."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    rows = encoder.encode([texts[row] for row in order])
    vectors = np.empty(rows.shape, dtype=np.float32)
    vectors[order] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return read_only(vectors)


_encode_once = lru_cache(maxsize=2)(_encode)
"""Kept, as `_count_once` is, because a study reads the same texts for every fold: half a minute of CPU time for 2,000
texts, two seconds for 20,000 that are counted."""
