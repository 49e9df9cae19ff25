"""What a run knows of users and items: groups, interests of a user, transfer methods, why an item is recommended."""

from __future__ import annotations

import argparse
from typing import Any

from recsys.commands.steps import add_run, add_step, check_k
from recsys.errors import InputError


def add(steps: Any) -> None:
    """Describes the commands."""
    groups = add_step(
        steps, "groups", list_groups, "groups of users or items, what is typical of each, and its members",
        "groups --run runs/first",
        "groups --run runs/first --of items --json",
        "groups --run runs/first --group 3 --json",
    )  # fmt: skip
    add_run(groups)
    groups.add_argument("--of", choices=["users", "items"], default="users")
    groups.add_argument("--group", type=int, metavar="N", help="the ids of its members too")

    interests = add_step(
        steps, "interests", list_interests, "the interests of a user or group, with their shares and typical items",
        "interests --run runs/first --of user:42",
        "interests --run runs/first --of cluster:3 --json",
    )  # fmt: skip
    add_run(interests)
    interests.add_argument("--of", required=True, metavar="WHO", help="as in a link of Transfer: user:42, cluster:3 …")

    methods = add_step(
        steps, "methods", list_methods, "the transfer methods, and which of them work with a run",
        "methods --run runs/first",
    )  # fmt: skip
    add_run(methods)

    explain = add_step(
        steps, "explain", explain_item, "which items of a user's history support a recommendation",
        "explain --run runs/first --user 42",
        "explain --run runs/first --user 42 --item 318 --json",
    )  # fmt: skip
    add_run(explain)
    explain.add_argument("--user", required=True, metavar="ID")
    explain.add_argument("--item", metavar="ID", help="default: the first item of the user's list")
    explain.add_argument("--k", type=int, default=10, help="influences to show, strongest first (default 10)")


def list_groups(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `groups`."""
    import numpy as np

    from recsys.cases.run_parts import open_run
    from recsys.embeddings import profile_group

    parts = open_run(chosen.run)
    data = parts.dataset
    clusters, names = parts.user_groups if chosen.of == "users" else parts.item_groups
    rows = []
    for number, name in enumerate(names):
        members = clusters.members(number)
        row: dict[str, Any] = {"group": number, "name": str(name), "size": len(members)}
        if chosen.of == "users":
            row["typical"] = [str(item.name) for item in profile_group(members, data, top=3).items]
        else:
            best = members[np.argsort(-data.item_counts[members + 1], kind="stable")][:3]
            row["typical"] = [data.catalogue.titles[item + 1] for item in best]
        rows.append(row)
    if chosen.group is None:
        return {"of": chosen.of, "groups": rows}
    if not 0 <= chosen.group < len(rows):
        raise InputError("--group", "must be a number in the list of groups", chosen.group, "Leave it out to see them.")
    members = clusters.members(chosen.group)
    ids = data.users.externals(members) if chosen.of == "users" else data.items.externals(members + 1)
    return {"of": chosen.of, **rows[chosen.group], "members": ids}


def list_interests(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `interests`."""
    from recsys.cases.parties import read_pair
    from recsys.cases.run_parts import open_run
    from recsys.cases.scoring import interests_of_source

    parts = open_run(chosen.run)
    pair = read_pair(parts, "everyone", chosen.of)
    found, titles = interests_of_source(parts, pair), parts.dataset.catalogue.titles
    rows = [
        {"group": one.group, "name": str(one.name), "share": one.share, "items": [titles[item] for item in one.items]}
        for one in found.interests
    ]
    return {"of": str(pair.source.name), "interests": rows}


def list_methods(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `methods`."""
    from recsys.cases.run_parts import open_run
    from recsys.transfer import METHODS

    usable = open_run(chosen.run).methods
    rows = [
        {"name": name, "label": str(method.label), "usable": name in usable, "sentence": str(method.sentence)}
        for name, method in METHODS.items()
    ]
    return {"methods": rows}


def explain_item(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `explain`."""
    import numpy as np

    from recsys.cases.run_parts import open_run
    from recsys.explain.history_influence import influence, unseen_items
    from recsys.models.recommender import items_read, top_k

    check_k(chosen.k)
    parts = open_run(chosen.run)
    run, data = parts.run, parts.dataset
    user = data.users.index(chosen.user)
    history = parts.known_histories[user]
    left_out = data.left_out(user, len(history))
    best = int(top_k(run.model.scores([history]), 1, exclude=[left_out])[0][0])
    if not best and chosen.item is None:
        raise InputError("--user", "must be a user who has not chosen every item", chosen.user, "Name an item: --item.")
    item = best if chosen.item is None else data.items.index(chosen.item)
    found = influence(run.model.scores, history, item, unseen_items(data.n_items, left_out), items_read(run.model))
    order = np.argsort(-np.abs(found.effects), kind="stable")[: chosen.k]
    rows = [
        {
            "item_id": data.items.external(int(history[place])),
            "title": data.catalogue.titles[history[place]],
            "effect": float(found.effects[place]),
            "rank_without": int(found.ranks[place]),
        }
        for place in order.tolist()
    ]
    named = {"item_id": data.items.external(item), "title": data.catalogue.titles[item]}
    return {"user": chosen.user, **named, "rank": found.rank, "margin": float(found.margin), "history": rows}
