"""The only code that imports streamlit, besides app.py and pages/."""

from ui.frame import Studio, frame, live

__all__ = ["Studio", "frame", "live"]
