"""The sentences about rows that were kept: what a cleaning report warns of, recognised again where it was saved.

A dataset is saved with the English sentences. `known_warning` makes them messages again, for other languages.
"""

from __future__ import annotations

from recsys.data.schema.times import AMBIGUOUS_DATES, NOTATIONS
from recsys.wording import Message, recognised

PADDED_IDS = Message("{n} ids of {what} differ from another id only in blanks around them; they stay different ids.")
CASED_IDS = Message("{n} ids of {what} differ from another id only in upper and lower case; they stay different ids.")
LARGE_IDS = Message("{n} ids of {what} are numbers beyond 2⁶³; they are kept exactly, as text.")
NO_TIMES = Message("There are no times: the order of the file is taken as the order of events.")
UNREADABLE_TIMES = Message("The column “{name}” has too few readable times (best: YYYY-MM-DD hh:mm).")
NOTATION_OF_TIMES = Message("Times were read as {notation}.")
FUTURE_ROWS = Message("{share} of the kept rows lie in the future.")
TIED_ROWS = Message(
    "{share} of the rows share their time with another row of the same user; ties keep the order of the file."
)
ENCODING = Message("The file isn't UTF-8; it was read as {encoding}. If names look wrong, save it as UTF-8.")
SHARED_ITEMS = Message("{n} items occur in several scenarios; each counts to the first. Are they the same item?")
SINGLE_ROWS = Message("Each user has one row only: is this a table of interactions? Sequences need two or more.")
UNUSED_TABLES = Message("Not loaded, though they look like interactions: {names}. Load them alone or as scenarios.")
ROW_LIMIT = Message("Only the first {n} rows of the query were read: that was the row limit.")
UNREAD_LOG = Message(
    "The database is in WAL mode: rows that its application had not yet moved from the “-wal” file into it are missing."
)
WARNINGS = (
    PADDED_IDS, CASED_IDS, LARGE_IDS, NO_TIMES, UNREADABLE_TIMES, NOTATION_OF_TIMES, FUTURE_ROWS, TIED_ROWS, ENCODING,
    SHARED_ITEMS, SINGLE_ROWS, UNUSED_TABLES, ROW_LIMIT, UNREAD_LOG,
    AMBIGUOUS_DATES,
)  # fmt: skip
"""Templates, whose values are texts."""
ENTITIES = {"users": Message("users"), "items": Message("items"), "scenarios": Message("scenarios")}


def known_warning(text: str) -> str:
    """A saved warning as a message; the text itself where it is none of `WARNINGS`."""
    found = recognised(text, *WARNINGS)
    if not isinstance(found, Message):
        return text
    words = {"what": ENTITIES, "notation": {str(one): one for one in NOTATIONS}}
    values = {name: words.get(name, {}).get(str(value), value) for name, value in found.values.items()}
    return Message(found.template, **values)
