"""Evaluate: one sentence of verdict, one interval plot of all models; then α, groups, comparison, study, report."""

from ui import frame
from ui.evaluate_jobs import judge_run
from ui.evaluate_view import tabs, verdict
from ui.transfer_case import room_of

with frame("evaluate") as studio:
    studio.need_run()
    judged = judge_run(studio, room_of(str(studio.run_folder)))
    if judged is not None:
        verdict(judged)
        tabs(judged)
