"""7_Learn."""

from ui import frame

with frame("learn") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
