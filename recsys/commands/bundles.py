"""The production bundle: bundle."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from recsys.commands.steps import add_run, add_step, check_place
from recsys.errors import DAMAGED_FILE, InputError, StudioError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.cases.rules import Rules
    from recsys.cases.run_parts import OpenRun


def add(steps: Any) -> None:
    """Describes the command."""
    bundle = add_step(
        steps, "bundle", write_files, "files and scripts that serve blended lists without this library",
        "bundle --run runs/first --out production --study study.json",
        "bundle --run runs/first --out production --scenarios social shop --rules 'hide_source=1&per_tag=3' --json",
    )  # fmt: skip
    add_run(bundle)
    bundle.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder, or that of a bundle")
    study = "what study --json has printed for this run, or Evaluate has exported: decides α, which is 0 without it"
    bundle.add_argument("--study", type=Path, metavar="FILE.json", help=study)
    bundle.add_argument("--rules", default="", metavar="QUERY", help="as in a link of Transfer: tag=maps&hide_source=1")
    source = bundle.add_mutually_exclusive_group()
    own = "the source is the user's own items in the first scenario, to recommend in the second"
    source.add_argument("--scenarios", nargs=2, metavar="NAME", help=own)
    source.add_argument("--before", type=int, default=0, metavar="N", help="the source is the user's own first N items")


def write_files(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `bundle`."""
    from recsys.cases.production import write_bundle
    from recsys.cases.run_parts import open_run
    from recsys.files import replacing

    older = Message("must be a new or empty folder, or that of an older bundle")
    check_place("--out", chosen.out, "policy.json", older)
    parts = open_run(chosen.run)
    rules, scenarios = _rules(chosen, parts), tuple(chosen.scenarios or ())
    known = parts.dataset.catalogue.scenario_names
    if len({*scenarios} & {*known}) != len(scenarios):
        rule = Message("must be two of {names}", names=", ".join(known) or Message("none"))
        raise InputError("--scenarios", rule, " ".join(scenarios))
    if chosen.before < 0:
        raise InputError("--before", "must be at least 1", chosen.before)
    study = _study(chosen, parts)
    with replacing(chosen.out) as folder:
        write_bundle(parts, study, folder, rules, scenarios=scenarios or None, source_items=chosen.before)
    policy = json.loads((chosen.out / "policy.json").read_text("utf-8"))
    return {
        "out": str(chosen.out),
        "files": sorted(file.name for file in chosen.out.iterdir()),
        "source": policy["source"],
        "alpha_by_known_items": policy["alpha_by_known_items"],
        "evidence": policy["evidence"],
        "certificate": "certificate" in policy,
    }


def _rules(chosen: argparse.Namespace, parts: OpenRun) -> Rules:
    """The rules of the query, all of which this run has. Raises InputError."""
    from recsys.cases.rules import NO_RULES, read_rules
    from recsys.cases.scoring import applicable_rules

    texts = dict(parse_qsl(chosen.rules, keep_blank_values=True))
    unknown = [Message("{name} is no rule", name=name) for name in texts if name not in vars(NO_RULES)]
    rules, problems = read_rules(texts)
    rules, not_here = applicable_rules(parts, rules)
    if found := [*unknown, *problems, *not_here]:
        raise InputError("--rules", "must hold rules of this app that the run has", found[0])
    return rules


def _study(chosen: argparse.Namespace, parts: OpenRun) -> Mapping[str, Any] | None:
    """The study that the arguments name; None without one. Raises InputError for that of another run or source."""
    from recsys.data.readers.encodings import read_text
    from recsys.evaluation.study.results import check_study
    from recsys.jobs.studies import is_of_data, is_of_model

    if chosen.study is None:
        return None
    axis = "scenarios" if chosen.scenarios else "time" if chosen.before else "users"
    try:
        content = check_study(json.loads(read_text(chosen.study)))
        made_for = dict(content["made_for"])
        fits = is_of_data(made_for, parts.dataset) and is_of_model(made_for, parts.run, parts.dataset)
        fits &= (content["axis"], content["scenarios"]) == (axis, chosen.scenarios or [])
    except (*DAMAGED_FILE, StudioError):
        fits = False
    if not fits:
        of_pair = f" --scenarios {' '.join(chosen.scenarios)}" if chosen.scenarios else ""
        command = f"python -m recsys study --run {chosen.run} --axis {axis}{of_pair} --json"
        rule = Message("must be a study of this run and of this source")
        raise InputError(
            "--study", rule, chosen.study.name, Message("Save what this prints: {command}", command=command)
        )
    return content
