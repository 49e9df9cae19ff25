"""Lists of items: recommend to users, transfer from one or several users to others."""

from __future__ import annotations

import argparse
import secrets
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.arguments import add_candidate_arguments, named_candidates
from recsys.commands.steps import add_run, add_step, check_k, open_run, progress_of
from recsys.errors import InputError
from recsys.wording import Message

if TYPE_CHECKING:
    import numpy as np

    from recsys.data.dataset import Dataset
    from recsys.runs import Run
    from recsys.transfer import Recommendations, Transfer, TransferParty


def add(steps: Any) -> None:
    """Describes the commands."""
    recommend = add_step(
        steps, "recommend", recommend_items, "the k best items of each user, as CSV",
        "recommend --run runs/first --k 10 --out recommendations.csv",
        "recommend --run runs/first --user 42 --user 7 --out two.csv",
        "recommend --run runs/first --out all.csv --ray 10.0.0.1:6379 --home /shared/workspace",
    )  # fmt: skip
    add_run(recommend)
    recommend.add_argument("--k", type=int, default=10)
    recommend.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    recommend.add_argument("--user", action="append", metavar="ID", help="only these users (may be repeated)")
    recommend.add_argument("--ray", default="", metavar="ADDRESS", help="rank on this Ray cluster; auto: of make ray")
    recommend.add_argument(
        "--home", type=Path, default=Path("workspace"), metavar="DIR", help="with --ray: the workspace that nodes share"
    )

    transfer = add_step(
        steps, "transfer", transfer_interests, "recommend to one user with the interests of another",
        "transfer --run runs/first --target 42 --source 7 --alpha 0.3",
        "transfer --run runs/first --target 42 --source 7 --what interests --weights 3:0,7:0.5",
        "transfer --run runs/first --target 42 --source 7 --path --json",
        "transfer --run runs/first --target 42 --target 43 --agree least-misery --source 7 --alpha 0.3",
    )  # fmt: skip
    add_run(transfer)
    repeated = "repeat it for several users together, who agree by --agree"
    transfer.add_argument("--target", required=True, action="append", metavar="ID", help=repeated)
    transfer.add_argument("--source", required=True, action="append", metavar="ID", help=repeated)
    ways = "score of several users for an item: their mean (default), the lowest or the highest"
    transfer.add_argument("--agree", choices=["mean", "least-misery", "most-pleasure"], default="mean", help=ways)
    which = "items that any (default) or all of several targets have"
    transfer.add_argument("--leave-out", choices=["any", "all"], default="any", help=which)
    how = transfer.add_mutually_exclusive_group()
    how.add_argument("--alpha", type=float, help="weight of the source, 0 … 1 (default 0.5)")
    how.add_argument("--path", action="store_true", help="every exact alpha at which the list changes")
    transfer.add_argument("--method", default="linear", metavar="NAME", help="transfer method (default linear)")
    transfer.add_argument(
        "--what", choices=["next-choice", "interests"], default="next-choice", help="what the source gives"
    )
    weights = "weights of the source's interests by group, 0 … 1: 3:0,7:0.5 (needs --what interests)"
    transfer.add_argument("--weights", default="", metavar="GROUP:WEIGHT,…", help=weights)
    transfer.add_argument("--k", type=int, default=10)
    add_candidate_arguments(transfer)


def recommend_items(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `recommend`."""
    from recsys.data.export import write_csv
    from recsys.jobs.lists import best_items

    check_k(chosen.k)
    if chosen.ray and chosen.user is not None:
        raise InputError("--ray", "is for the lists of all users", fix="Leave out --user, or --ray.")
    run, dataset = open_run(chosen)
    users = list(range(dataset.n_users)) if chosen.user is None else [dataset.users.index(u) for u in chosen.user]
    items, scores = _lists_on_ray(chosen) if chosen.ray else best_items(run, dataset, users, chosen.k)
    rows: dict[str, list[Any]] = {"user_id": [], "item_id": [], "rank": [], "score": []}
    for user, filled, row in zip(users, items, scores, strict=True):
        best = filled[filled > 0]
        rows["user_id"] += [dataset.users.external(user)] * len(best)
        rows["item_id"] += dataset.items.externals(best)
        rows["rank"] += range(1, len(best) + 1)
        rows["score"] += row[filled > 0].tolist()
    write_csv(rows, chosen.out)
    return {"out": str(chosen.out), "users": len(users), "rows": len(rows["rank"])}


def _lists_on_ray(chosen: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """`best_items` of all users, ranked on a Ray cluster: in a space of its own in the workspace, which goes again."""
    from recsys.jobs.description import JobDescription
    from recsys.jobs.processes import Limits, available_memory
    from recsys.jobs.progress import Progress
    from recsys.jobs.ray_runner import RayRunner
    from recsys.jobs.values import load_value
    from recsys.runs import copy_run
    from recsys.workspace import Workspace, new_id

    workspace, show = Workspace(chosen.home, repair=False), progress_of(chosen)
    space = workspace.space(secrets.token_hex(16))
    runner = RayRunner(workspace, Limits(memory=int(0.75 * available_memory())), chosen.ray)
    try:
        run = space.save("run", "lists", lambda folder: copy_run(chosen.run, folder, "lists")).id
        job = JobDescription(new_id(), "lists", space.id, run=run, settings={"k": chosen.k})
        result = runner.run(job, Progress(lambda report: show(report.fraction, report.message), threading.Event()))
        found = load_value(result, workspace)
    finally:
        runner.close()
        shutil.rmtree(space.folder, ignore_errors=True)
    return found["items"], found["scores"]


def transfer_interests(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `transfer`."""
    from recsys.transfer import find_interests, fit_method, read_weights, transfer

    check_k(chosen.k)
    if chosen.path and (chosen.pin or chosen.per_tag):
        rule, got = Message("must be given without --pin and --per-tag"), "--pin" if chosen.pin else "--per-tag"
        raise InputError("--path", rule, got, "They order the list at one α: give --alpha in place of --path.")
    run, dataset = open_run(chosen)
    target, source = (_party(chosen, run, dataset, ids) for ids in (chosen.target, chosen.source))
    method = fit_method(chosen.method, run.training_rows(dataset), run.model, range(dataset.n_users))
    weights = read_weights(chosen.weights)
    if weights and chosen.what != "interests":
        raise InputError("--weights", "needs --what interests", chosen.weights, "Add --what interests.")
    interests = find_interests(run.model, dataset, source) if chosen.what == "interests" else None
    among = named_candidates(chosen).among(dataset)
    pair = transfer(run.model, target, source, among=among, method=method, interests=interests, weights=weights)
    names = {
        side: ids if len(ids) > 1 else ids[0] for side, ids in vars(chosen).items() if side in ("target", "source")
    }
    answer: dict[str, Any] = names | {"method": method.name, "what": chosen.what}
    if target.agreement or source.agreement:
        answer["agree"] = chosen.agree
    if interests is not None:
        answer["interests"] = interests.rows(weights)
    if chosen.path:
        steps = [
            {"from": step.start, "to": step.end, "items": dataset.items.externals(step.items)}
            for step in pair.path(chosen.k).steps
        ]
        return answer | {"k": chosen.k, "steps": steps}
    return answer | _list_at_alpha(chosen, dataset, pair)


def _party(chosen: argparse.Namespace, run: Run, dataset: Dataset, ids: Sequence[str]) -> TransferParty:
    """The user or the several users that the arguments name."""
    from recsys.transfer import party_of_user, party_of_users

    known, users = run.known_histories(dataset), [dataset.users.index(user) for user in ids]
    if len(users) == 1:
        return party_of_user(dataset, users[0], history=known[users[0]])
    histories = [known[user] for user in users]
    how = {"agreement": chosen.agree, "left_out_by": chosen.leave_out}
    return party_of_users(dataset, users, histories=histories, **how)


def _list_at_alpha(chosen: argparse.Namespace, dataset: Dataset, pair: Transfer) -> dict[str, Any]:
    """The list at α; of several targets also who is served how well."""
    from recsys.transfer import recommend
    from recsys.transfer.satisfaction import compare_with_mean, satisfaction_rows, satisfaction_sentence

    alpha = 0.5 if chosen.alpha is None else chosen.alpha
    pins, catalogue = [dataset.items.index(item) for item in chosen.pin], dataset.catalogue

    def listed(one: Transfer) -> Recommendations:
        return recommend(one, alpha, chosen.k, pins=pins, per_tag=chosen.per_tag, catalogue=catalogue)

    ranked = listed(pair)
    items = [{name: row[name] for name in ("item_id", "rank", "score")} for row in ranked.rows(dataset)]
    answer: dict[str, Any] = {"alpha": alpha, "items": items}
    if pair.target.agreement:
        served = compare_with_mean(pair, ranked.items, lambda one: listed(one).items)
        answer["satisfaction"] = satisfaction_rows(dataset, *served)
        answer["served_least"] = satisfaction_sentence(dataset, *served)
    return answer
