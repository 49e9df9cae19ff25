"""Saved cases, as the tab "Compare cases" has them: list, show, save, note, compare, delete, restore, export."""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.commands.steps import Parser, add_step
from recsys.errors import InputError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.cases.case import ListedItem, SavedCase
    from recsys.cases.lists import ListComparison
    from recsys.cases.run_parts import OpenRun
    from recsys.workspace import Space, Workspace

FORMS = ("html", "md", "ipynb")
RUN = "a saved run, sample, or a folder made by train"


def add(steps: Any) -> None:
    """Describes the commands."""
    cases = add_step(
        steps, "cases", _no_action, "saved cases: a pair with α, rules, run and list",
        "cases list",
        "cases save --run sample --target user:42 --source user:7 --alpha 0.3 --rules tag=maps --note first",
        "cases save --run runs/first --target user:42 --source user:7 --home workspace",
        "cases compare 5f2a90c1d3e4b5a697887766 0c1d2e3f4a5b6c7d8e9f0a1b --json",
        "cases show 5f2a90c1d3e4b5a697887766 --run sample",
        "cases export --out cases.html",
    )  # fmt: skip
    actions = cases.add_subparsers(required=True, metavar="ACTION", parser_class=Parser)

    listed = _add(actions, "list", list_cases, "every saved case, newest first", "cases list --home workspace")
    show = _add(
        actions, "show", show_case, "one case with its list; with --run also its list under another run",
        "cases show 5f2a90c1d3e4b5a697887766",
    )  # fmt: skip
    show.add_argument("case", metavar="CASE")
    show.add_argument("--run", metavar="RUN", default="", help=RUN)

    save = _add(
        actions, "save", save_new_case, "compute the list of a pair and save it as a case",
        "cases save --run sample --target user:42 --source cluster:3 --alpha 0.3",
    )  # fmt: skip
    save.add_argument("--run", metavar="RUN", required=True, help=f"{RUN}, which is copied to the saved work")
    save.add_argument("--target", required=True, help="as in a link of Transfer: user:42, group:ID, everyone …")
    save.add_argument("--source", required=True, help="the same, and near:10, before:5, cluster:3 …")
    save.add_argument("--alpha", type=float, default=0.3, help="weight of the source, 0 … 1 (default 0.3)")
    save.add_argument("--k", type=int, default=10, help="length of the list (default 10)")
    save.add_argument("--rules", default="", metavar="QUERY", help="as in a link: tag=maps&hide_source=1")
    save.add_argument("--note", default="")

    note = _add(actions, "note", write_note, "replace the note of a case", "cases note 5f2a90c1d3e4b5a697887766 better")
    note.add_argument("case", metavar="CASE")
    note.add_argument("text")

    compare = _add(
        actions, "compare", compare_two, "what two cases share, and what differs",
        "cases compare 5f2a90c1d3e4b5a697887766 0c1d2e3f4a5b6c7d8e9f0a1b",
    )  # fmt: skip
    compare.add_argument("cases", nargs=2, metavar="CASE")

    delete = _add(actions, "delete", delete_case, "move a case to the trash", "cases delete 5f2a90c1d3e4b5a697887766")
    restore = _add(actions, "restore", restore_case, "undo delete", "cases restore 5f2a90c1d3e4b5a697887766")
    export = _add(
        actions, "export", export_cases, "cases as a report (.html, .md) or a notebook that computes them (.ipynb)",
        "cases export --out cases.ipynb",
        "cases export 5f2a90c1d3e4b5a697887766 0c1d2e3f4a5b6c7d8e9f0a1b --out two.html",
    )  # fmt: skip
    export.add_argument("cases", nargs="*", metavar="CASE", help="default: all; two are shown side by side")
    export.add_argument("--out", required=True, type=Path, metavar="FILE")
    for step in (delete, restore):
        step.add_argument("case", metavar="CASE")
    for step in (listed, show, save, note, compare, delete, restore, export):
        home = Path(os.environ.get("STUDIO_HOME", "workspace"))
        step.add_argument("--home", type=Path, default=home, metavar="DIR", help="the app's STUDIO_HOME")
        step.add_argument("--space", default="", metavar="ID", help="where there are several: whose work")


def _add(actions: Any, name: str, command: Any, help: str, *examples: str) -> argparse.ArgumentParser:
    return add_step(actions, name, command, help, *examples)


def _no_action(chosen: argparse.Namespace) -> dict[str, Any]:
    raise InputError("cases", "needs an action")  # the parser asks for one before


def list_cases(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases list`."""
    from recsys.workspace.cases import saved_cases

    found, problems = saved_cases(_space(chosen))
    return {"cases": [_row(key, saved) for key, saved in found.items()], "problems": list(problems)}


def show_case(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases show`."""
    from recsys.cases.lists import compare_lists, list_under_another_run
    from recsys.cases.run_parts import open_run
    from recsys.workspace.cases import read_case

    space = _space(chosen)
    saved = read_case(space, chosen.case)
    answer = _row(chosen.case, saved) | {"items": _items(saved.items)}
    if not chosen.run:
        return answer
    parts = open_run(_folder_of_run(chosen.run, space.workspace), groups=saved.groups)
    items, problems = list_under_another_run(parts, saved.case)
    other = {"run": chosen.run, "items": _items(items), "problems": list(problems)}
    return answer | {"under": other | _comparison(compare_lists(saved.items, items))}


def save_new_case(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases save`."""
    from urllib.parse import urlencode

    from recsys.cases.case import Case, SavedCase, tidy_note
    from recsys.cases.lists import list_of_case
    from recsys.cases.parties import MEDOID, read_pair
    from recsys.cases.run_parts import open_run
    from recsys.workspace.cases import save_case

    space = _space(chosen, make=True)
    rules = Case.from_link(f"{urlencode({'target': chosen.target, 'source': chosen.source})}&{chosen.rules}").rules
    case = Case(chosen.target, chosen.source, chosen.alpha, chosen.k, rules)
    texts = [text.removesuffix(MEDOID).partition(":") for text in (case.target, case.source)]
    groups = {value: _saved_group(space.workspace, value) for kind, _, value in texts if kind == "group"}
    parts = open_run(_folder_of_run(chosen.run, space.workspace), groups=groups)
    pair, items = read_pair(parts, case.target, case.source), list_of_case(parts, case)
    named = (_saved_run(space, chosen.run, parts), parts.run.name, parts.dataset.name, parts.dataset.fingerprint)
    names = (pair.target.name, pair.source.name)
    saved = SavedCase(case, *named, *names, items, tidy_note(chosen.note), groups)
    return _row(save_case(space, saved).id, saved) | {"space": space.id, "items": _items(items)}


def _is_folder_of_run(run: str) -> bool:
    """Whether an argument names a run by its folder; `sample` is the sample's run in any case."""
    from recsys.workspace.sample_run import SAMPLE_RUN

    return run != SAMPLE_RUN and (Path(run) / "run.json").is_file()


def _folder_of_run(run: str, workspace: Workspace) -> Path:
    """The folder of the run that an argument names. Raises UnknownIdError, ArtifactError."""
    from recsys.workspace.sample_run import run_folder

    return Path(run) if _is_folder_of_run(run) else run_folder(run, workspace)


def _saved_run(space: Space, run: str, parts: OpenRun) -> str:
    """The id under which the app opens the run that an argument names: one in a folder is copied to the space, once."""
    from recsys.runs import copy_run, run_digest

    if not _is_folder_of_run(run):
        return run
    digest, meta = run_digest(Path(run)), {"fingerprint": parts.dataset.fingerprint}
    for entry in space.entries("run"):
        if entry.meta.get("fingerprint") == meta["fingerprint"] and run_digest(space.path(entry.id)) == digest:
            return entry.id
    name = parts.run.name
    return space.save("run", name, lambda folder: copy_run(Path(run), folder, name), meta).id


def _saved_group(workspace: Workspace, entry_id: str) -> tuple[str, tuple[str, ...]]:
    """A saved group's name and user ids. Raises UnknownIdError, ArtifactError."""
    from recsys.workspace import read_content

    entry, folder = workspace.find(entry_id, "cohort")
    return entry.name, tuple(map(str, read_content(folder)["users"]))


def write_note(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases note`."""
    from recsys.workspace.cases import set_note

    return _row(chosen.case, set_note(_space(chosen), chosen.case, chosen.text))


def compare_two(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases compare`."""
    from recsys.cases.lists import compare_lists, differing_settings
    from recsys.workspace.cases import read_case

    space = _space(chosen)
    first, second = (read_case(space, key) for key in chosen.cases)
    differ = [{"what": label, "first": str(a), "second": str(b)} for label, a, b in differing_settings(first, second)]
    return _comparison(compare_lists(first.items, second.items)) | {"differs": differ}


def delete_case(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases delete`."""
    from recsys.workspace.cases import read_case

    space = _space(chosen)
    row = _row(chosen.case, read_case(space, chosen.case))
    space.delete(chosen.case)
    return row | {"undo": f"cases restore {chosen.case}"}


def restore_case(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases restore`."""
    from recsys.workspace.cases import read_case

    space = _space(chosen)
    space.restore(chosen.case)
    return _row(chosen.case, read_case(space, chosen.case))


def export_cases(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `cases export`."""
    from recsys.cases.report import report_of
    from recsys.files import replace_file
    from recsys.workspace.cases import read_case, saved_cases

    form = chosen.out.suffix.removeprefix(".").lower()
    if form not in FORMS:
        rule = Message("must end in {names}", names=", ".join(f".{one}" for one in FORMS))
        raise InputError("--out", rule, chosen.out.name)
    space = _space(chosen)
    cases = [read_case(space, key) for key in chosen.cases] or list(saved_cases(space)[0].values())
    if not cases:
        raise InputError("the cases", "must be at least one", 0, "Save one on Transfer, or with: cases save.")
    compared, runs = (0, 1) if len(cases) == 2 else None, [entry.id for entry in space.entries("run")]
    replace_file(chosen.out, report_of(form, cases, compared, runs=runs))
    return {"out": str(chosen.out), "cases": len(cases)}


def _space(chosen: argparse.Namespace, make: bool = False) -> Space:
    """The space that the arguments name, or the only one with saved work; where there is none and `make`, a new one."""
    from recsys.workspace import Workspace

    if not make and not (chosen.home / "spaces").is_dir():
        fix = Message("Give --home, or set STUDIO_HOME.")
        raise InputError("--home", "must be the folder of the app's saved work", chosen.home, fix)
    workspace = Workspace(chosen.home, repair=False)
    if chosen.space:
        return workspace.space(chosen.space)
    spaces = {workspace.space(folder.name).id for folder in workspace.spaces.glob("*/")}
    with_work = sorted(space for space in spaces if workspace.space(space).entries())
    if make and not spaces:
        return workspace.space(secrets.token_hex(16))
    if len(with_work) != 1:
        fix = Message("Give --space: {names}.", names=", ".join(with_work[:5]) or Message("none has work yet"))
        raise InputError("the space", "must be named where not exactly one has saved work", len(with_work), fix)
    return workspace.space(with_work[0])


def _row(key: str, saved: SavedCase) -> dict[str, Any]:
    from recsys.cases.case import titles_of

    case = saved.case
    return {
        "case": key,
        "target": case.target,
        "source": case.source,
        "alpha": case.alpha,
        "k": case.k,
        "rules": case.rules.params(),
        "run": saved.run,
        "model": saved.run_name,
        "note": saved.note,
        "first_items": titles_of(saved.items),
    }


def _items(items: Sequence[ListedItem]) -> list[dict[str, Any]]:
    return [{"rank": rank, **vars(item)} for rank, item in enumerate(items, 1)]


def _comparison(both: ListComparison) -> dict[str, Any]:
    only = {"only_first": list(both.only_first), "only_second": list(both.only_second)}
    return {
        "sentence": str(both.sentence),
        "overlap": both.overlap,
        "shared": list(both.shared),
        **only,
        "moves": both.moves,
    }
