"""Embeddings: the map of users. Search, colour, lasso; the chosen users become the source or the target."""

from pathlib import Path

import streamlit as st

from recsys.jobs.maps import ProjectionSettings
from recsys.models.recommender import Encoder
from recsys.wording import tr
from ui.components.point_map import choice, identity_of
from ui.embeddings import projections, view
from ui.embeddings.colouring import colour_of
from ui.embeddings.controls import controls_above, empty_search_box
from ui.embeddings.drawer import drawer
from ui.embeddings.groups import saved_groups
from ui.embeddings.map_context import MapContext
from ui.glossary import meaning_of
from ui.shell.errors import show_failure
from ui.shell.frame import guarded_fragment, open_page
from ui.shell.widgets import escape_markdown, option_labels


def show_progress(job_id: str, settings: ProjectionSettings) -> None:
    """The job's progress; the page runs again when it has ended."""
    job = projections.job_progress(page.space, page.jobs, job_id, settings, projections.viewer_id())
    if not job.active:
        st.rerun()
    place = tr("place {place} in the queue", place=job.position) if job.position else tr(job.message)
    st.progress(job.fraction, text=tr("This is PCA; UMAP is being computed: {stage}", stage=escape_markdown(place)))


def below_the_map(context: MapContext, settings: ProjectionSettings, state: projections.ProjectionState) -> None:
    """The job's progress, source and target, the next step, and the quality of the map."""
    job = state.job
    if job is not None and job.active:
        guarded_fragment(0.5)(show_progress)(job.id, settings)
    elif job is not None:
        if job.error:
            show_failure(job)
        else:
            st.warning(tr("The computation was stopped; this is PCA."))
        if st.button(tr("Compute UMAP again"), key="map_again"):
            projections.submit_projection(page.space, page.jobs, context.embedded, settings, projections.viewer_id())
            st.rerun()
    parties, onward = st.columns([3, 1.4], vertical_alignment="center")
    parties.markdown(view.transfer_line(context))
    if onward.button(tr("Next: transfer interests →"), type="primary", key="map_next", width="stretch"):
        page.go("transfer")
    waiting = job is not None and job.active
    st.caption(view.quality_line(state.projection, waiting), help=meaning_of("UMAP", "PCA", "Trustworthiness"))


def body() -> None:
    """Controls, map and drawer: what runs again when a choice is made."""
    controls = controls_above(page)
    context, dims = controls.context, controls.dims
    if context.entity != shown_in_title:
        st.rerun()  # the title is outside of this fragment
    stage, below = st.container(key="map_stage"), st.container()
    with st.expander(tr("Settings, quality and number of groups"), key="map_made", on_change="rerun") as expander:
        neighbours, distance, layout = view.settings_controls()
        labels = option_labels({name: name for name in view.PALETTES})
        colours = st.radio(tr("Colours"), list(view.PALETTES), format_func=labels, horizontal=True, key="map_palette")
        palette = view.PALETTES[colours]
        quality, number = st.container(), st.container()
    if context.entity == "users":
        with st.expander(tr("Saved groups")):
            saved_groups(context)
    settings = ProjectionSettings(context.entity, dims, neighbours, distance, layout)
    state = projections.projection_state(page.space, page.jobs, context.embedded, settings, projections.viewer_id())
    with below:
        below_the_map(context, settings, state)
    if expander.open:  # otherwise every browser would load plotly for its figure
        with quality:
            view.quality(state.projection)
        with number:
            view.number_of_groups(context)
    with stage:
        colour = colour_of(context, controls.colouring, state.projection.points, palette)
        if dims == 2:
            chosen = view.show_map(controls, state.projection, colour)
        else:
            chosen = choice(f"map_{context.entity}", len(context.names), identity_of(context.names))
            view.show_cloud(context, state.projection, colour, chosen)
        if len(chosen.rows):
            with st.container(key="map_drawer"):
                drawer(context, chosen)


shown_in_title = st.session_state.get("map_side", "users")
with open_page("embeddings", *view.HEADINGS[shown_in_title]) as page:
    if page.run_folder is None:
        empty_search_box()
    run, _ = page.need_run()
    if not isinstance(run.model, Encoder):
        reason = tr("Its model has no user embeddings: train one that has.")
        page.show_missing(tr("This run has no map."), reason, "train", tr("Train a model"))
    st.html(Path(view.__file__).with_name("embeddings.css"))
    guarded_fragment()(body)()
