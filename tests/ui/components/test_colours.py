"""Browser components get the colours of the figures."""

import json

from recsys.charts import style
from ui.components.colours import css_colours, js_colours


def test_css_and_javascript_have_the_colours_of_source_and_target() -> None:
    rule = css_colours(".mixer")
    assert rule.startswith(".mixer {") and f"--source: {style.SOURCE};" in rule and f"--target: {style.TARGET};" in rule
    colours = json.loads(js_colours().removeprefix("const COLOURS = ").rstrip().rstrip(";"))
    assert (colours["source"], colours["target"]) == (style.SOURCE, style.TARGET)
