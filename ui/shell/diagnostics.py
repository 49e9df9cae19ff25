"""Diagnostics of the server: versions, memory, jobs; no secrets, paths or user data."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import psutil
import streamlit as st

from ui.shell.cluster import cluster_lines
from ui.shell.frame import PageContext

PACKAGES = (
    "streamlit",
    "torch",
    "pandas",
    "pyarrow",
    "plotly",
    "umap-learn",
    "scikit-learn",
    "implicit",
    "safetensors",
)


def diagnostics(page: PageContext) -> None:
    """Versions, memory and the visitor's jobs, as text that can be copied into a bug report."""
    process = psutil.Process()
    memory = psutil.virtual_memory()
    lines = [
        f"python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores",
        f"memory: {process.memory_info().rss / 1e6:,.0f} MB used by the app, {memory.available / 1e9:,.1f} GB free",
        "packages: " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        *cluster_lines(page.jobs),
    ]
    for job in page.jobs.of(page.space.id)[:10]:
        lines.append(
            f"job {job.id[:8]}: {job.kind}, {job.state}, {job.seconds:.1f} s{f', {job.error}' if job.error else ''}"
        )
    st.code("\n".join(lines), language=None, wrap_lines=True)  # no keyboard reaches a scrolling block


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
