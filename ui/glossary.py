"""Terms in one sentence each: the glossary on Learn, and the tooltips of every page (`help=meaning_of("…", …)`).

Their texts are `ui/learn/lessons/<language>/glossary.md`; those of metrics come from the table of metrics.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from recsys.metrics.registry import METRICS
from recsys.models.table import MODELS
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
    """The tooltip (Markdown) of the terms that a label or a caption uses.

    Raises:
        KeyError: a term is not in the glossary.
    """
    if len(terms) == 1:
        return GLOSSARY[terms[0]]
    return "\n\n".join(f"**{term}:** {GLOSSARY[term]}" for term in terms)


def meaning_of_models(names: Iterable[str]) -> str:
    """The tooltip of some models: what each of the table does, in a sentence."""
    return "\n\n".join(f"**{entry.label}:** {entry.sentence}" for entry in MODELS if entry.name in set(names))


def meaning_of_method(name: str) -> str:
    """What a transfer method does, and its paper; in the method's own words where the glossary has no entry yet."""
    from recsys.transfer.methods import METHODS  # heavy: Home shows tooltips before it is loaded

    method = METHODS[name]
    return GLOSSARY.get(method.label, f"{method.sentence} {method.paper}.")


def meaning_of_methods(names: Iterable[str]) -> str:
    """The tooltip (Markdown) of some transfer methods."""
    from recsys.transfer.methods import METHODS

    return "\n\n".join(f"**{METHODS[name].label}:** {meaning_of_method(name)}" for name in names)


def terms_in(text: str) -> str | None:
    """The tooltip of the terms that occur in a text as whole words, plurals too; None where there are none."""
    found = [term for term in GLOSSARY if re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE)]
    return meaning_of(*found) if found else None
