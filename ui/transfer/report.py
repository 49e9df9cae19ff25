"""The pair on screen as one self-contained HTML page, as rows of its changes, and as a bundle for production."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from recsys.cases.parties import NamedPair
from recsys.cases.production import write_bundle
from recsys.cases.rules import NO_RULES, Rules
from recsys.charts.style import SOURCE, TARGET, format_number
from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.evaluation.study.verdict import saved_verdict
from recsys.transfer import AlphaPath, Recommendations
from recsys.transfer.satisfaction import Served, satisfaction_rows, satisfaction_sentence
from recsys.wording import Message, tr
from recsys.workspace.names import known_name
from ui.language import file_language
from ui.run_context import RunContext
from ui.transfer.scored_pair import ScoredPair

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 960px; margin: 40px auto; padding: 0 20px; color: #1b1f1d; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } td, th { text-align: left; padding: 4px 10px 4px 0;
border-bottom: 1px solid #d9dcda; vertical-align: top; } h1 { font-size: 26px; }
h2 { font-size: 19px; margin-top: 36px; }
.target { color: TARGET; } .source { color: color-mix(in srgb, SOURCE 50%, #1b1f1d); }
.quiet { color: #6a706d; font-size: 14px; }
""".replace("TARGET", TARGET).replace("SOURCE", SOURCE)


CHANGE_COLUMNS = {
    "alpha": Message("alpha"),
    "what happens": Message("what happens"),
    "because": Message("because"),
    "enters": Message("enters"),
    "leaves": Message("leaves"),
}
LIST_COLUMNS = {
    "rank": Message("rank"),
    "title": Message("title"),
    "scenario": Message("scenario"),
    "tags": Message("tags"),
    "score": Message("score"),
    "target_part": Message("target part"),
    "source_part": Message("source part"),
}


SATISFACTION_COLUMNS = {
    "user_id": Message("user"),
    "found": Message("of the own best items in the list"),
    "of": Message("own best items"),
    "found_by_mean": Message("in the list by the mean"),
    "mean_rank": Message("mean rank of the list"),
    "rank_by_mean": Message("mean rank by the mean"),
    "had": Message("already chosen"),
}


def change_rows(path: AlphaPath, titles: Sequence[str]) -> list[dict[str, object]]:
    """One row for each exact change: α, what happens and why as messages, the items that enter and leave.

    Titles are not escaped.
    """
    at = {int(item): i for i, item in enumerate(path.contenders)}
    rows: list[dict[str, object]] = []
    for change in path.changes:
        happened, why = _first_of(path, change.overtakes, change.entered, titles, at)
        rows.append(
            {
                "alpha": change.alpha,
                "what happens": happened,
                "because": why,
                "enters": ", ".join(titles[item] for item in change.entered),
                "leaves": ", ".join(titles[item] for item in change.left),
            }
        )
    return rows


def _first_of(
    path: AlphaPath,
    overtakes: Sequence[tuple[int, int]],
    entered: Sequence[int],
    titles: Sequence[str],
    at: dict[int, int],
) -> tuple[str, str]:
    if not overtakes:
        return Message("the order changes"), ""
    winner, loser = overtakes[-1]
    pair: dict[str, object] = {"winner": titles[winner], "loser": titles[loser]}
    if more := len(overtakes) - 1:
        happened = Message(
            "{winner} enters over {loser} and {more} more"
            if winner in entered
            else "{winner} overtakes {loser} and {more} more",
            **pair,
            more=more,
        )
    else:
        happened = Message(
            "{winner} enters over {loser}" if winner in entered else "{winner} overtakes {loser}", **pair
        )
    why = Message(
        "the source scores it {gain} above the other, the target only {loss} below",
        gain=format_number(float(path.source[at[winner]] - path.source[at[loser]])),
        loss=format_number(float(path.target[at[loser]] - path.target[at[winner]])),
    )
    return happened, why


def transfer_html(
    context: RunContext,
    scored: ScoredPair,
    picks: Recommendations,
    study: Mapping[str, Any] | None,
    served: Served | None = None,
) -> bytes:
    """One page: the pair, the list, the figures, every change, the verdict, versions. All text is escaped.

    It is in the language of the reader. Of several users as target it says who is `served` how well.
    """
    catalogue, alpha = context.dataset.catalogue, picks.alpha
    target, source = scored.pair.target.card, scored.pair.source.card
    figures = [
        bump_chart(scored.path, catalogue.titles, alpha),
        what_changed(scored.path, catalogue.tags, alpha),
        score_curves(scored.path, catalogue.titles, alpha),
    ]
    drawn = [figure.to_html(full_html=False, include_plotlyjs=i == 0) for i, figure in enumerate(figures)]
    verdict = tr("No study of this model has been run on this data.") if study is None else tr(saved_verdict(study))
    pair = tr(
        "{target} and {source}",
        target=f"<span class=target>{escape(tr(target.name))}</span>",
        source=f"<span class=source>{escape(tr(source.name))}</span>",
    )
    rules = tr("Rules: {rules}.", rules="; ".join(map(tr, scored.rules.words())) or tr("none"))
    changes = {name: CHANGE_COLUMNS[name] for name in ("alpha", "what happens", "because")}
    parts = [
        f"<h1>{pair}</h1>",
        f"<p>{escape(tr(scored.transfer.sentence(alpha)))}</p>",
        f"<p class=quiet>{escape(rules)}</p>",
        f"<h2>{escape(tr('The list'))}</h2>",
        _table(picks.rows(context.dataset), LIST_COLUMNS),
        *([] if served is None else [_satisfaction(context, served)]),
        *(f"<section>{figure}</section>" for figure in drawn),
        f"<h2>{escape(tr('Every exact change'))}</h2>",
        _table(change_rows(scored.path, catalogue.titles), changes),
        f"<h2>{escape(tr('Does it help?'))}</h2><p>{escape(verdict)}</p>",
        f"<p class=quiet>{escape(_made(context))}</p>",
    ]
    head = (
        f'<!doctype html><html lang="{file_language()}"><meta charset="utf-8"><title>{escape(tr("Transfer"))}</title>'
        f"<style>{STYLE}</style>"
    )
    return (head + "".join(parts) + "</html>").encode("utf-8", "replace")


def _satisfaction(context: RunContext, served: Served) -> str:
    columns = {
        name: label for name, label in SATISFACTION_COLUMNS.items() if "by_mean" not in name or served[1] is not None
    }
    return (
        f"<h2>{escape(tr('Who is served how well'))}</h2>"
        f"<p>{escape(tr(satisfaction_sentence(context.dataset, *served)))}</p>"
        f"{_table(satisfaction_rows(context.dataset, *served), columns)}"
    )


def _made(context: RunContext) -> str:
    """Which model on which data, and when and by what the page was made."""
    run = context.run
    return tr(
        "{run}, trained {trained} on {data}; {versions}. Made {now} UTC by Interest Transfer Studio.",
        run=known_name(run.name),
        trained=run.created,
        data=known_name(context.dataset.name),
        versions=", ".join(f"{name} {version}" for name, version in run.versions.items()),
        now=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    )


def _table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> str:
    head = "".join(f"<th>{escape(tr(label))}</th>" for label in columns.values())
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row[name])}</td>' for name in columns)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    return (
        f"{value:.4g}" if isinstance(value, float) else escape(tr(value) if isinstance(value, Message) else str(value))
    )


def production_zip(
    context: RunContext,
    study: Mapping[str, Any] | None,
    rules: Rules = NO_RULES,
    pair: NamedPair | None = None,
) -> bytes:
    """Vectors, counts, policy, maps of the method, serving script and (with the extra) the ONNX encoder, as one zip.

    Args:
        pair: on screen: where its source is another part of the target's own history, the bundle splits all histories
            alike; by default each source is another user.

    Raises:
        InputError: the rules are such that no bundle can serve their lists (`not_served`).
    """
    written = io.BytesIO()
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(name)
        scenarios, source_items = (None, 0) if pair is None else (pair.scenarios, pair.source_items)
        write_bundle(context, study, folder, rules, scenarios=scenarios, source_items=source_items)
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return written.getvalue()
