"""Home: what this is, where you stand, one click to a running demo."""

from __future__ import annotations

import streamlit as st

from ui import frame

with frame("home") as studio:
    st.write("Work in progress.")
