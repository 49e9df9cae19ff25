"""Evaluate: one sentence of verdict, one interval plot of all models; then α, groups, comparison, study, report."""

from ui.evaluate.jobs import evaluate_run
from ui.evaluate.view import tabs, verdict
from ui.run_context import run_context
from ui.shell.frame import open_page

with open_page("evaluate") as page:
    page.need_run()
    evaluated = evaluate_run(page, run_context(str(page.run_folder)))
    if evaluated is not None:
        verdict(evaluated)
        tabs(evaluated)
