"""Tooltips: every technical term on a page has one where it stands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from recsys.transfer.methods import METHODS
from ui.glossary import GLOSSARY, meaning_of, meaning_of_methods, terms_in

ROOT = Path(__file__).resolve().parents[2]
JARGON = re.compile(
    r"TF-IDF|SVD|NDCG|UMAP|PCA|[Tt]rustworthiness|[Cc]ontinuity|[Cc]osine|[Ss]hrinkage|Holm|[Bb]ootstrap|Gini|Medoid"
    r"|[Cc]alibration|ε|δ|nats|[Ee]pochs|[Ss]oftmax|[Ss]econd score|[Ee]mbeddings|[Mm]argin|[Aa]ttention weights"
    r"|[Nn]egative|[Dd]ropout|[Ss]ilhouette|[Vv]alidation|[Ff]olds?\b|[Mm]RR|AUC|[Dd]eletion curves"
)
WITHOUT_HELP = {"write", "info", "warning", "error", "success", "text", "toast"}
"""What Streamlit shows without a tooltip."""
WITH_HELP = {"caption", "markdown", "subheader", "metric", "slider", "select_slider", "selectbox", "segmented_control"}
EXPLAINED_BESIDE = (
    "Compute UMAP again",
    "This is PCA",
    "this is PCA",
    "Protection needs user embeddings",
    "This run’s model has no user embeddings",
    "There is nothing to show: only attention models",
    "The noise of a source at one ε is drawn once",
    "The figure over ε is hidden",
    "production bundle contains all user embeddings",
    "on the map in 3 Embeddings",
)
"""Passages beside a text that has the tooltip, the name of a page, and refusals that name what is missing."""


def shown_texts() -> list[tuple[str, str, bool]]:
    """(place, text, whether it has help) of each call that shows text, in ui/ and pages/ without the lessons."""
    found = []
    for path in [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        if "learn" in path.parts:
            continue  # lessons explain their terms in their texts
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if node.func.attr in WITH_HELP | WITHOUT_HELP:
                parts = (n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant))
                text = " ".join(str(part) for part in parts)
                helped = any(keyword.arg == "help" for keyword in node.keywords)
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", text, helped))
    return found


def test_every_text_with_a_technical_term_has_a_tooltip() -> None:
    texts = shown_texts()
    assert len(texts) > 150
    missing = [
        f"{place} {text[:90]}"
        for place, text, helped in texts
        if JARGON.search(text) and not helped and not any(known in text for known in EXPLAINED_BESIDE)
    ]
    assert not missing


def test_the_meaning_of_a_term_is_its_sentence() -> None:
    assert meaning_of("Medoid") == GLOSSARY["Medoid"]
    assert meaning_of("Medoid", "SVD") == f"**Medoid:** {GLOSSARY['Medoid']}\n\n**SVD:** {GLOSSARY['SVD']}"
    with pytest.raises(KeyError):
        meaning_of("no such term")


def test_terms_are_found_as_whole_words() -> None:
    assert terms_in("Trained for 12 epochs.") == GLOSSARY["Epoch"]
    assert terms_in("Each epoch, NDCG is measured.") == meaning_of("Epoch", "NDCG")
    assert terms_in("Nothing to explain here.") is None


@pytest.mark.parametrize("name", METHODS)
def test_every_transfer_method_is_explained_with_its_paper(name: str) -> None:
    method = METHODS[name]
    author, year = re.findall(r"([A-Z]\w+) (?:et al\. )?(\d{4})", method.paper)[0]
    assert author in GLOSSARY[method.label] and year in GLOSSARY[method.label]
    assert meaning_of_methods([name]) == f"**{method.label}:** {GLOSSARY[method.label]}"


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_term_is_explained_in_a_few_words(term: str) -> None:
    assert 15 < len(GLOSSARY[term]) < 120
    assert GLOSSARY[term].endswith(".")
