"""The only code that imports streamlit, besides app.py and pages/: one package per page, and what they share."""
