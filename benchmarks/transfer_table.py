"""The tables of benchmarks/README.md about transfer: the exact path, studies, and the certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.formatting import COLUMNS, estimate, lines, link, missing, newest, number, opened, table


def transfer() -> str:
    """The exact path, its drawing, and the transfer study."""

    def path_of(items: int) -> Callable[[Any], str]:
        def describe(figures: Any) -> str:
            rows = [row for row in figures["path"] if row["items"] == items and row["k"] == 20]
            if not rows:
                return "not in this file"
            times = [row["milliseconds"] for row in rows]
            cpu = [row["cpu_milliseconds"] for row in rows]
            brute = [row["brute_milliseconds"] for row in rows if "brute_milliseconds" in row]
            grid = (
                f"; a grid of 1,001 α {number(min(brute))} to {number(max(brute))} ms, which misses changes"
                if brute
                else ""
            )
            took = f"{number(min(times))} to {number(max(times))} ms (CPU {number(min(cpu))} to {number(max(cpu))} ms)"
            return f"{took}, depending on how similar the two are{grid}"

        return describe

    def frame(figures: Any) -> str:
        return "; ".join(
            f"{label} {number(figures[key]['input_to_paint_ms']['p95'])} ms, frame p95 "
            f"{number(figures[key]['frame_gap_ms']['p95'])} ms, {number(figures[key]['server_runs'])} server runs"
            for key, label in (("with_motion", "animated rows"), ("reduced_motion", "reduced motion"))
        )

    aim = "≥ 95% of the controls refused, promise kept"
    return lines(COLUMNS, [
        ("exact path, 100,000 items, k = 20", "transfer", "≤ 50 ms", path_of(100_000)),
        ("exact path, 1,000,000 items, k = 20", "transfer", "≤ 1 s", path_of(1_000_000)),
        ("input to paint while α is dragged, 20,000 items, p95", "frames", "≤ 10 ms", frame),
        ("the study, users of ml-latest-small", "study-users", "≤ 2 min", verdict),
        ("the study, scenarios, Food to Kitchen", "study-scenarios", "≤ 10 min", verdict),
        ("the certificate, four scenarios of the sample", "certificate-sample", aim, certificate),
        ("the certificate, Food to Kitchen", "certificate-scenarios", aim, certificate),
        ("text bridge, no shared user, Food and Kitchen", "transfer_methods-delinked",
         "above popularity and shuffled titles", delinked),
    ])  # fmt: skip


def delinked(figures: Any) -> str:
    """The text bridge where no user is shared, and its differences to popularity and shuffled titles."""
    found = []
    for scenario, one in figures["delinked"]["scenarios"].items():
        value, *others = (
            estimate([part[key] for key in ("value", "low", "high")])
            for part in (
                one["ndcg@10"]["text bridge"],
                one["bridge_minus"]["popularity"],
                one["bridge_minus"]["text bridge, shuffled titles"],
            )
        )
        found.append(f"to {scenario}: NDCG@10 {value}, over popularity {others[0]}, over shuffled titles {others[1]}")
    return "; ".join(found)


def certificate(figures: Any) -> str:
    """How often the promise of each certificate is kept, what it accepts and refuses, and the gain."""
    if "methods" not in figures:  # one certificate, of the linear blend
        return one_certificate(figures)
    return "; ".join(f"**{one['what']}, {one['method']}:** {one_certificate(one)}" for one in figures["methods"])


def one_certificate(figures: Any) -> str:
    """The same of one way of transferring."""
    true = figures["true"]
    kept = (
        f"rate of harm below {number(100 * true['promise'])}% in {true['promise_kept_in']} of {true['splits']} "
        f"divisions of the users; accepts {share(true['accepted'])} of the pairs"
    )
    if true["gain"] is not None:
        kept += (
            f", harm {share(true['harmed'])}, gain {number(true['gain']['value'], 3)} NDCG@10 (of all pairs "
            f"{number(true['gain_of_all']['value'], 3)}, with one α {number(true['gain_of_one_alpha']['value'], 4)})"
        )
    refused = ", ".join(f"{name} {share(one)}" for name, one in true["refused"].items())
    random = share(figures["only_random"]["accepted"])
    return f"{kept}; refuses {refused}; where every source is random it accepts {random}"


def share(estimate: dict[str, float]) -> str:
    return f"{100 * estimate['value']:.1f}%"


def verdict(figures: Any) -> str:
    """Seconds of wall clock and of CPU time, verdict and largest gain of a transfer study."""
    gains = [comparison_with_target(point) for point in figures["study"]["points"]]
    value, low, high = max((gain["value"], gain["low"], gain["high"]) for gain in gains)
    largest = f"{number(value, 4)} [{number(low, 4)}, {number(high, 4)}]"
    took = f"{number(figures['seconds'])} s ({number(figures['cpu_seconds'])} CPU-seconds)"
    return f"{took}; {figures['study']['level']}: largest difference to α = 0 is {largest} NDCG@10"


def comparison_with_target(point: dict[str, Any]) -> dict[str, Any]:
    """The comparison of transfer with the target alone (α = 0) at one number of known items."""
    return next(
        one for one in point["comparisons"] if one["against"].startswith(("α = 0", "alpha = 0", "target alone"))
    )


def study() -> str:
    """The transfer study between two scenarios, by number of known items."""
    head = ("known items", "α = 0", "transfer", "gain on α = 0 [95%]", "random source", "popularity",
            "own history, decayed", "whole history", "its gain on own history, decayed [95%]", "from")  # fmt: skip
    path = newest("study-scenarios")
    if path is None:
        return table(head, [missing("Food to Kitchen", "study-scenarios", len(head))])
    rows = []
    for point in opened(path)["study"]["points"]:
        methods = {name.replace("’", "'"): one for name, one in point["methods"].items()}
        own = next((name for name in methods if name.startswith("own")), None)
        gain = comparison_with_target(point)
        whole = next((one for one in point.get("of_whole_history", ()) if one["against"].startswith("own")), None)
        cells = [
            number(methods[name]["value"]) if name in methods else "–"
            for name in ("random source", "popularity", own, "transfer of the whole history")
        ]
        alone, transferred = (number(methods[name]["value"]) for name in (gain["against"], "transfer"))
        ahead = "–" if whole is None else difference(whole)
        rows.append([str(point["observed"]), alone, transferred, difference(gain), *cells, ahead, link(path)])
    return table(head, rows)


def difference(compared: dict[str, Any]) -> str:
    """A difference with its interval, and whether it is shown after Holm's correction."""
    triple = estimate([compared["value"], compared["low"], compared["high"]]).replace("inf", "∞")
    return triple + ("" if compared["shown"] else ", not shown")


def transfer_methods() -> str:
    """Models and transfer methods under ABXI's protocol, beside the published figures; the last row is chosen."""
    head = ("model or method", "Food, NDCG@10 [95%]", "Kitchen, NDCG@10 [95%]", "CPU-seconds", "from")
    path = newest("transfer_methods")
    if path is None:
        return table(head, [missing("Food and Kitchen", "transfer_methods", len(head))])
    figures = opened(path)
    published = figures["published"]
    rows = [[f"{published['name']}, as published", *(number(published[one], 4) for one in ("food", "kitchen")), "",
             link(path)]]  # fmt: skip
    for row in figures["results"]:
        best = row["name"] == figures["best_on_validation"]
        name = f"**{row['name']}** (best on validation)" if best else row["name"]
        tested = [estimate([row["test"][one][key] for key in ("value", "low", "high")]) for one in ("food", "kitchen")]
        rows.append([name, *tested, number(row["cpu_seconds"]), link(path)])
    return table(head, rows)
