"""3_Embeddings."""

from ui import frame

with frame("embeddings") as studio:
    studio.empty("This page is being built.", "Come back soon.", "data", "Choose data")
