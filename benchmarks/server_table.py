"""The table of the server's figures: response times, load, and recovery."""

from __future__ import annotations

from typing import Any

from benchmarks.formatting import COLUMNS, lines, number


def opening(figures: Any) -> str:
    return (
        f"{number(figures['start_to_home_s'])} s to the title (server {number(figures['server_start_s'])} s of it); "
        f"miniature {number(figures['home_miniature_s'])} s after the server's start"
    )


def classroom(figures: Any) -> str:
    return (
        f"page switch median {number(figures['switch_median_s'])} s, p95 {number(figures['switch_p95_s'])} s, worst "
        f"{number(figures['switch_worst_s'])} s; frame median {number(figures['frame_median_ms'])} ms, "
        f"{number(100 * figures['frames_at_60_per_s'])}% of frames at 60/s; "
        f"server {number(figures['server_peak_mb'])} MB"
    )


def class_answers(figures: Any) -> str:
    return (
        f"{figures['answers']} of {3 * figures['students']} answers, {figures['answers_after_reload']} after a reload; "
        "histogram median "
        f"{number(figures['click_to_histogram_median_s'])} s, p95 {number(figures['click_to_histogram_p95_s'])} s; "
        f"server {number(figures['server_cpu_s'])} s of CPU"
    )


def sessions(figures: Any) -> str:
    return (
        f"title sent p95 {number(figures['title_s']['p95'])} s, whole page p95 {number(figures['whole_s']['p95'])} s, "
        f"{number(figures['cpu_s'])} s of CPU for {number(figures['pages'])} pages"
    )


def response_time(figures: Any) -> str:
    told = " ".join(
        f"p95 {number(figures[key]['p95_ms'])} ms (median {number(figures[key]['median_ms'])}) {label}"
        for key, label in (("while_training", "while they train;"), ("quiet", "with nothing running"))
    )
    stopped = " and ".join(number(seconds) for seconds in figures.get("seconds_to_stop", ()))
    return told + (f"; their jobs end {stopped} s after Stop" if stopped else "")


def kill_recovery(figures: Any) -> str:
    return (
        f"everything opened after {number(figures['kills'])} kills; {number(figures['ended_at_the_same_figures'])} of "
        f"{number(figures['workspaces'])} trainings ended at the figures of an uninterrupted one"
    )


def same_training(figures: Any) -> str:
    return (
        f"the first is on Transfer after {number(figures['first_s'])} s, the last after {number(figures['last_s'])} s "
        f"({number(figures['last_over_first'])} ×); server {number(figures['server_mb'])} MB"
    )


def walks(figures: Any) -> str:
    return "; ".join(
        f"{number(one['actions'], 0)} actions in {number(one['walks'], 0)} walks, failures: {len(one['failures'])}"
        for one in figures.values()
    )


def server() -> str:
    return lines(COLUMNS, [
        ("server start to Home in a fresh browser", "opening", "≤ 3 s", opening),
        ("page switch with one user on the server", "opening", "p95 ≤ 400 ms",
         lambda f: f"median {number(f['switch_median_s'])} s, p95 {number(f['switch_p95_s'])} s"),
        ("response of a page while two models train", "response_time", "p95 ≤ 200 ms", response_time),
        ("`kill -9` at random moments of saving and training", "kill_recovery", "all", kill_recovery),
        ("thirty students, their browsers on the server’s cores, all dragging", "classroom",
         "p95 ≤ 1.5 s, 60 frames/s, 3 GB", classroom),
        ("the same, one dragging at a time", "classroom-one-drags", "the same", classroom),
        ("thirty students answer in a class within 30 s, their browsers on the server’s cores", "class_answers",
         "all", class_answers),
        ("thirty sessions without browsers, each a page every 3 s", "sessions", "–", sessions),
        ("the same, each a page every second", "sessions-every-second", "–", sessions),
        ("thirty students press “Run it on the sample” in 10 s", "same_training", "≤ 1.5 × the first", same_training),
        ("random users in Chromium", "walks-browser", "2,000 actions, no failure", walks),
        ("random users over AppTest", "walks-apptest", "5,000 actions, no failure", walks),
    ])  # fmt: skip
