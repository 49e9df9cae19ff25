"""4_Transfer."""

from ui import frame

with frame("transfer") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
