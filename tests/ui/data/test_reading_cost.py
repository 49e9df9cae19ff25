"""What reading a large file takes is said from its unpacked size, without unpacking it."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from recsys.data import load
from recsys.errors import InputError
from ui.data import reading_cost as cost_module
from ui.data.reading import RawData, announcement
from ui.data.reading_cost import MEMORY, SECONDS, reading_cost

TEXT = b"user,item\n" + b"a,b\n" * 50_000  # 0.2 MB


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_module, "LARGE", 0.1)


def zipped(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", text)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped])
def test_a_packed_file_costs_what_its_text_costs(pack: object) -> None:
    cost = reading_cost([pack(TEXT)])  # type: ignore[operator]
    assert cost is not None
    assert cost.megabytes == pytest.approx(len(TEXT) / 1e6)
    assert cost.seconds == pytest.approx(len(TEXT) / 1e6 * SECONDS)
    assert cost.memory == pytest.approx(len(TEXT) / 1e9 * MEMORY)


def test_files_are_added_up_and_small_ones_are_not_worth_a_word(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(TEXT)
    both = reading_cost([TEXT, path])
    assert both is not None and both.megabytes == pytest.approx(2 * len(TEXT) / 1e6)
    assert reading_cost([TEXT[:1000]]) is None
    assert reading_cost([b"PK\x03\x04 no archive" + TEXT]) is not None  # damaged: its own size


@pytest.mark.parametrize("damage", ["version", "name"])
def test_a_zip_that_python_can_not_read_is_left_to_the_reading(damage: str) -> None:
    content = bytearray(zipped(TEXT))
    entry = content.rindex(b"PK\x01\x02")
    if damage == "version":
        content[entry + 6] = 99  # the version that is needed to read it
    else:
        content[entry + 9] |= 8  # the name is said to be UTF-8
        content[entry + 46] = 0xFF
    assert reading_cost([bytes(content) * 2000]) is not None
    with pytest.raises(InputError):
        load([("rows.zip", bytes(content), "")])


def test_the_page_says_the_cost_and_whether_the_memory_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = RawData((("rows.csv", TEXT),), "rows.csv")
    assert "take about" in announcement(raw) and "free" not in announcement(raw)
    monkeypatch.setattr(cost_module, "MEMORY", 1e9)
    assert "GB are free" in announcement(raw)
    assert announcement(RawData((("rows.csv", b"user,item\n"),), "rows")) == "Reading rows …"
