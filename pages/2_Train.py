"""2_Train."""

from ui import frame

with frame("train") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
