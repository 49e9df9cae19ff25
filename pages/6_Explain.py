"""Explain: one recommendation, what it hangs on, and what would change it."""

from ui import frame
from ui.explain_view import explain, who
from ui.frame import live
from ui.transfer_case import room_of

with frame("explain") as studio:
    studio.need_run()
    room = room_of(str(studio.run_folder))
    live()(explain)(studio, room, who(studio, room))
