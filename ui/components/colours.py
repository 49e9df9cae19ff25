"""The colours of `recsys/charts/style.py` as browser components get them."""

from __future__ import annotations

import json

from recsys.charts.style import CONTEXT, GROUPS, KEPT, SOURCE, TARGET

COLOURS = {"source": SOURCE, "target": TARGET, "better": KEPT, "worse": GROUPS[1], "context": CONTEXT}


def css_colours(selector: str) -> str:
    """A CSS rule with one variable per colour: `--source: #…;`."""
    return f"{selector} {{ {' '.join(f'--{name}: {colour};' for name, colour in COLOURS.items())} }}\n"


def js_colours() -> str:
    """A JavaScript line that declares `COLOURS`, for what is drawn on a canvas."""
    return f"const COLOURS = {json.dumps(COLOURS)};\n"
