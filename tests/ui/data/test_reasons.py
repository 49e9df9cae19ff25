"""The labels of reasons for dropping rows."""

from recsys.data.cleaning import REASONS
from ui.data.view import REASON_LABELS


def test_every_reason_has_a_label() -> None:
    assert {reason: str(label) for reason, label in REASON_LABELS.items()} == {r: r.replace("_", " ") for r in REASONS}
