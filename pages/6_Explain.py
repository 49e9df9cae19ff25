"""6_Explain."""

from ui import frame

with frame("explain") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
