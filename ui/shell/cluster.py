"""The Ray cluster on which jobs run, where one is used: in the menu, and in the diagnostics."""

from __future__ import annotations

import streamlit as st

from recsys.jobs.queue import JobQueue
from recsys.jobs.ray_runner import RayRunner
from recsys.wording import tr, tr_n


def show_cluster(jobs: JobQueue) -> None:
    """Its nodes, and how much of this app's work is running and waiting there; nothing where jobs run elsewhere."""
    if not isinstance(jobs.runner, RayRunner):
        return
    state = jobs.runner.state()
    if state is None or not state.nodes:
        st.caption(tr("Ray cluster: not connected"))
        return
    nodes = tr_n("Ray cluster: {n} node", "Ray cluster: {n} nodes", len(state.nodes))
    cores = tr_n("{n} core", "{n} cores", state.cores)
    busy = tr("{running} running, {waiting} waiting", running=state.running, waiting=state.waiting)
    st.caption(f"{nodes} · {cores} · {busy}")


def cluster_lines(jobs: JobQueue) -> list[str]:
    """A line about the cluster, as text for a bug report, without names of machines; [] where jobs run elsewhere."""
    if not isinstance(jobs.runner, RayRunner):
        return []
    state = jobs.runner.state()
    cores = [] if state is None else [str(cores) for _, cores in state.nodes]
    return [f"Ray cluster: {len(cores)} nodes with {', '.join(cores) or 'no'} cores"]
