"""axe-core on a page of the app: what stops users of a screen reader, a keyboard, or more contrast than others.

axe comes out of the wheel `axe-playwright-python`, so that nothing is fetched while the tests run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from playwright.sync_api import Page

IMPACTS = ("serious", "critical")
EXTRA_RULES = ("label-content-name-mismatch", "target-size")
"""Rules that axe leaves off unless they are asked for: WCAG 2.5.3 and 2.5.8."""
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""Rules whose result depends on the theme."""


@dataclass(frozen=True)
class Upstream:
    """A violation inside an element that Streamlit renders and our code can't reach.

    Attributes:
        rule: axe's name of the rule.
        element: CSS selector of Streamlit's element; excused is what it matches and what lies inside it.
        reason: why it can't be mended here.
    """

    rule: str
    element: str
    reason: str


UPSTREAM: tuple[Upstream, ...] = ()


@cache
def axe_script() -> str:
    """The source of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(
    page: Page, upstream: tuple[Upstream, ...] = UPSTREAM, rules: tuple[str, ...] | None = None
) -> list[str]:
    """Serious and critical violations on the page as it stands, open shadow roots included.

    Args:
        upstream: what is excused.
        rules: the only ones to check; None checks all.

    Returns:
        A line for each element: rule, impact, path to the element, its markup, what is wrong with it.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe_script())
    excused = [[one.rule, one.element] for one in upstream]
    return [str(line) for line in page.evaluate(_RUN, [IMPACTS, EXTRA_RULES, excused, rules])]


_RUN = """async ([impacts, extra, upstream, only]) => {
  const rules = Object.fromEntries(extra.map((rule) => [rule, { enabled: true }]));
  const which = only ? { runOnly: { type: "rule", values: only } } : { rules };
  const how = { resultTypes: ["violations"], elementRef: true, preload: false };
  const { violations } = await axe.run(document, { ...which, ...how });
  const excused = (rule, node) => upstream.some(([name, selector]) => name === rule && node.closest(selector));
  return violations.filter(({ impact }) => impacts.includes(impact)).flatMap(({ id, impact, nodes }) => nodes
    .filter(({ element }) => !excused(id, element))
    .map(({ target, html, any, all, none }) => {
      const found = [...any, ...all, ...none][0]?.message ?? "";
      return `${id} (${impact}): ${target.flat().join(" » ")} ${html.slice(0, 200)} ${found}`;
    }));
}"""
