"""The curves of `run.py` as a chart: `python -m benchmarks.peers.plot [RESULT.json] [docs/peers.png]`.

The default is the newest results file. If the machine was busy the axis counts CPU-seconds of all threads, which hardly
depend on the load, else wall seconds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

from benchmarks.formatting import newest, number
from benchmarks.record import ROOT
from tests.browser.chromium import FLAGS, find

COLOURS = {"ours, both together": "#009E73", "ours, network alone": "#0072B2", "Markov alone": "#000000"}
OTHERS = ("#D55E00", "#CC79A7", "#56B4E9", "#E69F00", "#999999", "#8C6D31", "#6A3D9A")
GAP = 0.0065  # NDCG@10 between two labels, at least: their height


def figure(measured: dict[str, Any]) -> go.Figure:
    """NDCG@10 over training time: a labelled line per model, or a point if it was evaluated once."""
    clock = "seconds" if measured["quiet"] else "cpu_seconds"
    chart, others, labels = go.Figure(), iter(OTHERS), []
    results = measured["figures"]["results"]
    for name in dict.fromkeys(result["model"] for result in results if "curve" in result):
        runs = sorted((r for r in results if r["model"] == name), key=lambda run: run["test"]["ndcg@10"][0])
        run = runs[(len(runs) - 1) // 2]
        colour = COLOURS.get(name) or next(others)
        x, y = [point[clock] for point in run["curve"]], [point["test"] for point in run["curve"]]
        chart.add_scatter(x=x, y=y, mode="lines+markers", line={"color": colour, "width": 3}, marker={"size": 7})
        labels.append((y[-1], x[-1], f"{name} {number(run['test']['ndcg@10'][0])}", colour))
    add_labels(chart, labels)
    data, threads = measured["figures"]["data"], measured["figures"]["budget"]["threads"]
    unit = "seconds of training" if measured["quiet"] else "CPU-seconds of training, all threads"
    chart.update_layout(
        title=f"{data['name']}: NDCG@10 on the test items over training time, {threads} threads each",
        template="plotly_white", showlegend=False, width=1100, height=620, margin={"r": 230},
        xaxis={"title": f"{unit} (logarithmic)", "type": "log"},
        yaxis={"title": "NDCG@10, full ranking, ties against the model", "rangemode": "tozero"},
    )  # fmt: skip
    return chart


def add_labels(chart: go.Figure, labels: list[tuple[float, float, str, str]]) -> None:
    """Add the names in a column at the right, in the order of the lines' ends, without overlap."""
    lowest = -GAP
    for y, x, text, colour in sorted(labels):
        lowest = max(y, lowest + GAP)
        chart.add_annotation(
            x=1.01,
            xref="paper",
            y=lowest,
            text=text,
            showarrow=False,
            xanchor="left",
            font={"color": colour, "size": 13},
        )
        chart.add_scatter(x=[x], y=[y], mode="markers", marker={"color": colour, "size": 11})


def main(source: str = "", target: str = "") -> None:
    """Save the chart as a PNG file."""
    path = Path(source) if source else newest("peers")
    if path is None:
        raise SystemExit("no peers file in benchmarks/results; run python -m benchmarks.peers.run --out")
    html = figure(json.loads(path.read_text("utf-8"))).to_html(include_plotlyjs=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1120, "height": 640})
        page.set_content(html)
        page.wait_for_timeout(1500)
        page.screenshot(path=target or str(ROOT / "docs" / "peers.png"))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
