"""Names that the app gives to saved work: in English where they are kept, recognised again where they are shown."""

from __future__ import annotations

from recsys.cases.party_names import group_words
from recsys.wording import Message, recognised

COPY = Message("{name} (copy)")
STOPPED = Message("{name} (stopped after epoch {epoch:,})")
RUN = Message("Run {number:,} on {data}")
STUDY = Message("Does {axis} transfer help?")
SEARCH = Message("{trials:,} trials on {data}")
SAMPLE_RUN = Message("Sample’s run")
FILES = Message("{file} and {n:,} more")
QUERY = Message("{database} (query)")
_AXES = {"users": Message("users"), "time": Message("time"), "scenarios": Message("scenarios")}


def known_name(name: str) -> str:
    """The name of an entry as a message where the app has given it; the name itself where a user has."""
    from recsys.cases.case import known_case
    from recsys.data.samples import SAMPLE_NAME, SAMPLES
    from recsys.models.table import MODEL_ON_DATA, MODELS

    found = recognised(name, STOPPED, COPY, STUDY, RUN, SEARCH, SAMPLE_RUN, FILES, QUERY)
    if isinstance(found, Message):
        words = {"axis": lambda axis: _AXES.get(axis, axis), "name": known_name, "data": known_name}
        values = {place: words[place](str(value)) if place in words else value for place, value in found.values.items()}
        return Message(found.template, **values)
    for sample in SAMPLES:
        if name == Message(SAMPLE_NAME, title=sample.title):
            return Message(SAMPLE_NAME, title=sample.title)
    for entry in MODELS:
        if name.startswith(begin := f"{entry.label} on "):
            return Message(MODEL_ON_DATA, model=entry.label, data=known_name(name.removeprefix(begin)))
    found = group_words(name)
    return found if isinstance(found, Message) else known_case(name)
