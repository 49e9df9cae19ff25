"""Work travels as a zip; a hostile zip leaves nothing behind."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from recsys.errors import StudioError
from recsys.workspace import Space, Workspace, export_zip, import_zip, read_content

HERE, THERE = "a" * 32, "b" * 32


@pytest.fixture
def spaces(tmp_path: Path) -> tuple[Space, Space]:
    return Workspace(tmp_path / "here").space(HERE), Workspace(tmp_path / "there").space(THERE)


def fill(space: Space) -> list[str]:
    def nested(folder: Path) -> None:
        (folder / "models" / "popularity").mkdir(parents=True)
        (folder / "models" / "popularity" / "meta.json").write_text('{"a": 1}')

    note = space.save_json("note", "Monday", {"text": "α"}, {"number": "3"})
    run = space.save("run", "my run", nested)
    return [note.id, run.id]


def test_a_space_opens_on_another_machine(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    imported = import_zip(there, export_zip(here, fill(here)))
    assert {(entry.kind, entry.name) for entry in imported} == {("note", "Monday"), ("run", "my run")}
    note = there.entries("note")[0]
    assert read_content(there.path(note.id)) == {"text": "α"} and note.meta["number"] == "3"
    assert (there.path(there.entries("run")[0].id) / "models/popularity/meta.json").read_text() == '{"a": 1}'


def archive_with(name: str, content: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


ID = "0" * 24


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        archive_with("../evil.json"),
        archive_with(f"run/{ID}/../../../evil.json"),
        archive_with("/etc/evil.json"),
        archive_with(f"run/{ID}/evil.py"),
        archive_with(f"secrets/{ID}/entry.json"),
        archive_with(f"run/{ID}/entry.json", b"{"),
        archive_with(f"run/{ID}/entry.json", b'{"format":1,"kind":"note","name":"x","created":"","bytes":1,"meta":{}}'),
        archive_with(f"run/{ID}/weights.safetensors", b"\0" * 30_000_000),
    ],
)
def test_a_hostile_zip_is_refused_whole(spaces: tuple[Space, Space], content: bytes) -> None:
    _, there = spaces
    with pytest.raises(StudioError):
        import_zip(there, content)
    assert there.entries() == () and not list(there.workspace.root.parent.rglob("evil*"))


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_flipped_bit_in_any_packing_raises_only_our_errors(spaces: tuple[Space, Space], packing: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        archive.writestr(f"run/{ID}/entry.json", bytes(random.Random(0).choices(b"abcdef,", k=3_000)))
    good, rng = packed.getvalue(), random.Random(1)
    for _ in range(300):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        with pytest.raises(StudioError):
            import_zip(spaces[1], bytes(bad))


def test_mutated_zips_raise_only_our_errors(spaces: tuple[Space, Space]) -> None:
    here, there = spaces
    good = export_zip(here, fill(here))
    rng = random.Random(0)
    refused = 0
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        try:
            import_zip(there, bytes(bad[: rng.randrange(len(bad) // 2, len(bad) + 1)]))
        except StudioError:
            refused += 1
    assert refused > 150
