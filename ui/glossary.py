"""Terms in one sentence each: the glossary on Learn, and the tooltips of every page (`help=meaning_of("…", …)`).

Their texts are `ui/learn/lessons/<language>/glossary.md`; those of metrics come from the table of metrics.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from recsys.metrics.registry import METRICS
from recsys.models.table import MODELS
from recsys.wording import tr
from ui.language import language, over_sessions
from ui.language.session_words import of_sessions
from ui.learn.texts import FOLDER, read

GLOSSARY = dict(read(FOLDER / "en" / "glossary.md")[0]) | {metric.label: metric.help for metric in METRICS}


@cache
def glossary_in(lang: str) -> Mapping[str, tuple[str, str]]:
    """The English term -> the term in a language and its sentence, of every entry."""
    if lang == "en":
        return {term: (term, text) for term, text in GLOSSARY.items()}
    translated = read(FOLDER / lang / "glossary.md")[0]
    pairs = {term: text.partition(" | ") for term, text in translated.items()}
    return {term: (name, sentence) for term, (name, _, sentence) in pairs.items()}


def meaning_of(*terms: str) -> str:
    """The tooltip (Markdown) of the terms that a label or a caption uses, in the language of the reader.

    Args:
        terms: in English.

    Raises:
        KeyError: a term is not in the glossary.
    """
    entries = [glossary_in(language())[term] for term in terms]
    meaning = entries[0][1] if len(entries) == 1 else "\n\n".join(_explained(*entry) for entry in entries)
    return of_sessions(meaning) if over_sessions() else meaning


def _explained(name: str, sentence: str) -> str:
    """A term and its meaning, in Markdown."""
    return tr("**{name}:** {sentence}", name=name, sentence=sentence)


def meaning_of_models(names: Iterable[str]) -> str:
    """The tooltip of some models: what each of the table does, in a sentence."""
    wanted = set(names)
    return "\n\n".join(_explained(tr(entry.label), tr(entry.sentence)) for entry in MODELS if entry.name in wanted)


def meaning_of_method(name: str) -> str:
    """What a transfer method does, and its paper; in the method's own words where the glossary has no entry yet."""
    from recsys.transfer.methods import METHODS  # heavy: Home shows tooltips before it is loaded

    method = METHODS[name]
    if method.label in GLOSSARY:
        return meaning_of(method.label)
    return tr("{sentence} {paper}.", sentence=tr(method.sentence), paper=method.paper)


def meaning_of_methods(names: Iterable[str]) -> str:
    """The tooltip (Markdown) of some transfer methods."""
    from recsys.transfer.methods import METHODS

    return "\n\n".join(_explained(tr(METHODS[name].label), meaning_of_method(name)) for name in names)


def terms_in(text: str) -> str | None:
    """The tooltip of the terms that occur in a text as whole words, plurals too; None where there are none.

    Args:
        text: in English, as a message is; its tooltip is in the language of the reader.
    """
    found = [term for term in GLOSSARY if re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE)]
    return meaning_of(*found) if found else None
