"""Damaged files: cut, doubled, with flipped bits, spliced. Seeded, so that a failure can be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

_BITS = (
    b"\0", b"\xff", b"\n", b"\r", b'"', b",", b";", b"::", b"\t", b"|", b"NaN", b"null", b"-1", b"1e999", b"9" * 30,
    b"{", b"}", b"[" * 50, b"]", b"'", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"=1+1",
    b"<script>", "😀".encode(), "é".encode("latin-1"), "用".encode("gb18030"), b"0x1F", b"2020-02-31", b" " * 20,
)  # fmt: skip


def mutated(corpus: Mapping[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` files of the corpus, each with one to four kinds of damage: (description, content)."""
    rng = np.random.default_rng(seed)
    names = sorted(corpus)
    for number in range(count):
        name = names[rng.integers(len(names))]
        data = corpus[name]
        for _ in range(rng.integers(1, 5)):
            data = _accident(data, corpus[names[rng.integers(len(names))]], rng)
        yield f"{number}: {name}", data


def _accident(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(data) + 1))
    length = int(rng.integers(1, 40))
    match rng.integers(8):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + data[place + length :]
        case 2:
            return data[:place] + _BITS[rng.integers(len(_BITS))] + data[place:]
        case 3:
            flipped = bytearray(data)
            for at in rng.integers(0, max(len(data), 1), 3):
                if flipped:
                    flipped[at] ^= 1 << int(rng.integers(8))
            return bytes(flipped)
        case 4:
            return data[:place] + data[place : place + length] * 5 + data[place:]
        case 5:
            return data[:place] + other[int(rng.integers(len(other) + 1)) :]
        case 6:
            return data[:place] + rng.bytes(length) + data[place + length :]
        case _:
            rows = data.split(b"\n")
            rng.shuffle(rows)  # type: ignore[arg-type]
            return b"\n".join(rows)
