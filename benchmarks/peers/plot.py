"""The curves of `run.py` as a picture: `python -m benchmarks.peers.plot RESULT.json docs/peers.png`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

from tests.browser.chromium import FLAGS, find

COLOURS = {"ours": "#009E73"}
OTHERS = ("#CC79A7", "#56B4E9", "#D55E00")


def figure(report: dict) -> go.Figure:
    """NDCG@10 over training seconds, a line a model, named at its end."""
    drawn, others = go.Figure(), iter(OTHERS)
    for result in report["results"]:
        x = [point["seconds"] for point in result["curve"]]
        y = [point["ndcg@10"] for point in result["curve"]]
        colour = COLOURS.get(result["model"]) or next(others)
        last = [""] * (len(x) - 1) + [f"{result['model']} {y[-1]:.3f}"]
        drawn.add_scatter(
            x=x, y=y, mode="lines+markers+text", text=last, textposition="top left",
            line={"color": colour, "width": 3}, textfont={"color": colour, "size": 15},
        )  # fmt: skip
    data, machine = report["data"], report["machine"]
    title = f"{data['name']}: NDCG@10 on the test items over training time, {machine['threads']} threads"
    drawn.update_layout(
        title=title, template="plotly_white", showlegend=False, width=1000, height=480,
        xaxis={"title": "seconds of training (logarithmic)", "type": "log"},
        yaxis={"title": "NDCG@10, full ranking", "rangemode": "tozero"},
    )  # fmt: skip
    return drawn


def main(source: str, target: str) -> None:
    """Draws and saves."""
    html = figure(json.loads(Path(source).read_text("utf-8"))).to_html(include_plotlyjs=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1020, "height": 500})
        page.set_content(html)
        page.wait_for_timeout(1500)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
