"""Tiny files to upload: some eighty users and thirty items, made from a seed, so that a training lasts seconds."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

KINDS = ("csv", "semicolons", "two files", "zip", "two scenarios")
USERS, ITEMS, LENGTH = 80, 30, 9


def tiny_file(kind: str, seed: int, folder: Path) -> list[Path]:
    """Writes the file (or files) of one kind and seed into a folder; their paths, ready to be dropped."""
    rows = _rows(seed, scenarios=kind == "two scenarios")
    stem = f"tiny-{kind.replace(' ', '-')}-{seed}"
    if kind == "semicolons":
        return [_write(folder / f"{stem}.csv", [row.replace(",", ";") for row in rows])]
    interactions = _write(folder / f"{stem}.csv", rows)
    if kind in ("csv", "two scenarios"):
        return [interactions]
    items = _write(folder / f"{stem}-items.csv", _items(seed))
    if kind == "two files":
        return [interactions, items]
    zipped = folder / f"{stem}.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for path in (interactions, items):
            archive.write(path, path.name)
    return [zipped]


def _rows(seed: int, scenarios: bool) -> list[str]:
    """Two halves of the items, each with its own users; a few rows twice, a few users with one row."""
    rng = random.Random(seed)
    rows = ["user_id,item_id,timestamp,rating" + ",scenario" * scenarios]
    for user in range(USERS):
        half = (user % 2) * (ITEMS // 2)
        start = rng.randrange(ITEMS // 2)
        for step in range(LENGTH if user % 10 else 1):
            item = half + (start + step) % (ITEMS // 2) if rng.random() < 0.8 else rng.randrange(ITEMS)
            when = 1_700_000_000 + 86_400 * step + user
            scenario = f",{'left' if item < ITEMS // 2 else 'right'}" * scenarios
            rows += [f"u{user},i{item},{when},{rng.randint(1, 5)}{scenario}"] * (1 + (rng.random() < 0.02))
    return rows


def _items(seed: int) -> list[str]:
    rng = random.Random(seed + 1)
    tags = ("maps", "jazz", "bread", "<b>bold</b>")
    return ["item_id,title,tags"] + [
        f"i{item},Item {item} of *{rng.choice(tags)}*,{rng.choice(tags)}|{rng.choice(tags)}" for item in range(ITEMS)
    ]


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
