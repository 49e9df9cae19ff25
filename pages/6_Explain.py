"""Explain: one recommendation list, the influence of each history item, and what would change it."""

from ui.explain.view import choose_target, explain
from ui.run_context import run_context
from ui.shell.frame import guarded_fragment, open_page

with open_page("explain") as page:
    page.need_run()
    context = run_context(str(page.run_folder))
    guarded_fragment()(explain)(page, context, choose_target(page, context))
