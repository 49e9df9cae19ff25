"""Transfer: blend two tastes, live; below the fold every exact change, ways of blending, which α, privacy, files."""

from ui import frame
from ui.transfer_case import room_of
from ui.transfer_help import verdict_button
from ui.transfer_tabs import tabs
from ui.transfer_view import asked, hear, live, pick

hear()
with frame("transfer") as studio:
    studio.need_run()
    room = room_of(str(studio.run_folder))
    case = pick(studio, room)
    if case is not None:
        live(studio, case, verdict_button(studio, room))
        tabs(studio, room, case, asked())
