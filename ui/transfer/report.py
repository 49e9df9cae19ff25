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
from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.scoring import items_of_rules
from recsys.charts.style import SOURCE, TARGET, format_number
from recsys.charts.transfer import bump_chart, score_curves, what_changed
from recsys.errors import InputError, MissingExtraError
from recsys.evaluation.study.certificate import certificate_of
from recsys.evaluation.study.results import suggestion_evidence
from recsys.evaluation.study.verdict import saved_verdict
from recsys.models.table import model_label
from recsys.transfer import METHODS, AlphaPath, Recommendations, read_weights
from recsys.transfer.blend import filtered_items
from recsys.transfer.candidates import known_items
from recsys.transfer.satisfaction import Served, satisfaction_rows, satisfaction_sentence
from recsys.transfer.serving.bundle import Policy, ServedInterests, ServedRules, export_bundle, export_onnx
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
    if (why := not_served(rules)) is not None:
        raise InputError("the production bundle", "must serve the lists of the page", fix=why)
    scenarios = pair.scenarios if pair else None
    written = io.BytesIO()
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(name)
        interests = None
        if rules.what == "interests":
            labels = context.item_groups[0].labels
            interests = ServedInterests(context.interests, labels, read_weights(rules.interests))
        export_bundle(
            context.run.model,  # type: ignore[arg-type]
            context.dataset,
            policy(context.run.model.name, study, rules, scenarios[1] if scenarios else ""),
            folder,
            histories=context.known_histories,
            interests=interests,
            method=context.fitted_method(rules.method, scenarios),
            scenarios=scenarios,
            source_items=pair.source_items if pair else 0,
            rules=served_rules(context, rules, scenarios),
        )
        try:
            export_onnx(context.run.model, folder)  # type: ignore[arg-type]
        except (MissingExtraError, InputError) as error:
            (folder / "encoder-missing.txt").write_text(f"{error}\n", "utf-8")
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return written.getvalue()


def not_served(rules: Rules) -> Message | None:
    """Why no bundle can serve the lists of these rules, as a sentence; None where one can."""
    if rules.epsilon:
        return Message(
            "The production bundle contains all user embeddings, so it is not offered while the source is protected."
        )
    if rules.second_score and rules.weight:
        return Message(
            "The production bundle carries the scores of one model, so it is not offered with a second score. "
            "Set the second score to none under Rules."
        )
    return None


def served_rules(context: RunContext, rules: Rules, scenarios: tuple[str, str] | None = None) -> ServedRules:
    """The rules about items and about the order of the exported list, as the bundle carries them.

    Args:
        scenarios: of source and target, where the pair is one of two scenarios: it recommends in the second one only.
    """
    dataset, scenario, allowed = context.dataset, "" if scenarios else rules.scenario, items_of_rules(context, rules)
    if scenario or rules.tag or allowed is not None:
        allowed = filtered_items(dataset.n_items, dataset.catalogue, scenario, rules.tag, allowed)
    pins = known_items(dataset, rules.pin)
    return ServedRules(allowed, rules.hide_source, pins, rules.per_tag, rules.diversity)


def policy(model: str, study: Mapping[str, Any] | None, rules: Rules = NO_RULES, scenario: str = "") -> Policy:
    """The α that the study supports for what is transferred and how; 0 without a study, or where it has no rule.

    A certificate is for the model that was studied, and for lists of which no rule leaves items out, as on the page.

    Args:
        model: the name of the one that is served.
        scenario: the only one that the pair itself recommends in; "" for all.
    """
    if study is None:
        return Policy("none: no study has been run", ((0, 0.0),), ("No study has been run, so α is 0.",))
    if study["model"] != model:
        says = f"The study trained {model_label(str(study['model']))}, not {model_label(model)}, so α is 0."
        return Policy("none: the study was of another model", ((0, 0.0),), (says,))
    sources = {"users": "the nearest user", "time": "the user’s earlier items"}
    source = sources.get(str(study["axis"]), " to recommend in ".join(map(str, study.get("scenarios", []))))
    uncertified = rules.interests or rules.filters(scenario)
    found = None if uncertified else certificate_of(study, rules.what, rules.method)
    certificate = None if found is None else found[0]
    if (rules.what, rules.method) != (NO_RULES.what, NO_RULES.method):
        what = "interests" if rules.what == "interests" else f"the method “{METHODS[rules.method].label}”"
        what += " where rules leave items out" if rules.filters(scenario) else ""
        says = f"The study has {'no' if certificate is None else 'a'} certificate for {what}"
        rest = "so α is 0" if certificate is None else "which decides for each pair"
        return Policy(source, ((0, 0.0),), (f"{says}, {rest}.",), certificate)
    curves = [suggestion_evidence(point) for point in study["points"]]
    return Policy.from_curves(source, curves, float(study["shrinkage"]), certificate)
