"""Explain: one recommendation, what it hangs on, and what would change it."""

from ui.explain.view import explain, who
from ui.run_context import run_context
from ui.shell.frame import guarded_fragment, open_page

with open_page("explain") as studio:
    studio.need_run()
    context = run_context(str(studio.run_folder))
    guarded_fragment()(explain)(studio, context, who(studio, context))
