"""Transfer: blend two tastes, live; below the fold every exact change, ways of blending, which α, privacy, files."""

from ui.run_context import run_context
from ui.shell.frame import open_page
from ui.transfer.advice import verdict_button
from ui.transfer.tabs import tabs
from ui.transfer.view import apply_component_events, choose_pair, requested_choice, show_mixer

apply_component_events()
with open_page("transfer") as studio:
    studio.need_run()
    context = run_context(str(studio.run_folder))
    scored = choose_pair(studio, context)
    if scored is not None:
        show_mixer(studio, scored, verdict_button(studio, context))
        tabs(studio, context, scored, requested_choice())
