"""1_Data."""

from ui import frame

with frame("data") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
