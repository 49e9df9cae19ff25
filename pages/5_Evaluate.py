"""5_Evaluate."""

from ui import frame

with frame("evaluate") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
