"""Transfer: blend the interests of a source into a target's recommendations, live; details in tabs below the mixer."""

from ui.run_context import run_context
from ui.shell.frame import open_page
from ui.transfer.tabs import tabs
from ui.transfer.view import apply_component_events, choose_pair, requested_choice, show_mixer

apply_component_events()
with open_page("transfer") as page:
    page.need_run()
    context = run_context(str(page.run_folder))
    scored = choose_pair(page, context)
    if scored is not None:
        show_mixer(page, context, scored)
        tabs(page, context, scored, requested_choice())
