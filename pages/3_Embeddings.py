"""Embeddings: the map of everybody's taste. Search, colour, lasso; the chosen become the source or the target."""

from pathlib import Path

import streamlit as st

from recsys.models.recommender import Encoder
from ui import cache
from ui.components.point_map import choice, identity_of
from ui.embeddings import projections, view
from ui.embeddings.drawer import drawer
from ui.shell.errors import show_failure
from ui.shell.frame import guarded_fragment, open_page
from ui.shell.widgets import escape_markdown


def progress_of(job_id: str, settings: projections.ProjectionSettings) -> None:
    """How far the map is; the page runs again when it is there."""
    job = projections.job_progress(studio.space, studio.jobs, job_id, settings, projections.viewer_id())
    if not job.active:
        st.rerun()
    place = f"place {job.position} in the queue" if job.position else job.message
    st.progress(job.fraction, text=f"A first look (PCA), while UMAP is drawn: {escape_markdown(place)}")


def below_the_map(
    scene: view.MapContext, settings: projections.ProjectionSettings, picture: projections.ProjectionState
) -> None:
    """How far the drawing is, who is source and target, the way on, and what the picture is worth."""
    job = picture.job
    if job is not None and job.active:
        guarded_fragment(0.5)(progress_of)(job.id, settings)
    elif job is not None:
        if job.error:
            show_failure(job)
        else:
            st.warning("The drawing was stopped; this is PCA.")
        if st.button("Draw it again", key="map_again"):
            embeddings = cache.embeddings_of(scene.context.folder)
            projections.draw(studio.space, studio.jobs, embeddings, settings, projections.viewer_id())
            st.rerun()
    said, onward = st.columns([3, 1.4], vertical_alignment="center")
    said.markdown(view.ends_line(scene))
    if onward.button("Next: drag α between two →", type="primary", key="map_next", width="stretch"):
        studio.go("transfer")
    st.caption(view.quality_line(picture.projection, job is not None))


def body() -> None:
    """Controls, map and drawer: what runs again when somebody is chosen."""
    scene, dims, how, focus = view.controls_above(studio)
    stage, below = st.container(key="map_stage"), st.container()
    with st.expander("How the picture is made, and how far to trust it", key="map_made", on_change="rerun") as made:
        neighbours, distance = view.controls()
        palette = view.PALETTES[st.radio("Colours", list(view.PALETTES), horizontal=True, key="map_palette")]
        measured = st.container()
    settings = projections.ProjectionSettings(scene.side, dims, neighbours, distance)
    picture = projections.projection_state(
        studio.space, studio.jobs, cache.embeddings_of(scene.context.folder), settings, projections.viewer_id()
    )
    with below:
        below_the_map(scene, settings, picture)
    if made.open:  # its figure would have the browser load plotly for everybody
        with measured:
            view.quality(picture.projection)
    with stage:
        if dims == 2:
            colours = view.colour_of(scene, how, picture.projection.points, palette)
            chosen = view.show_map(scene, picture.projection, colours, focus)
        else:
            chosen = choice(f"map_{scene.side}", len(scene.names), identity_of(scene.names))
            view.show_cloud(scene, picture.projection, palette, chosen)
        if len(chosen.rows):
            with st.container(key="map_drawer"):
                drawer(scene, chosen)


with open_page("embeddings") as studio:
    run, _ = studio.need_run()
    if not isinstance(run.model, Encoder):
        lacking = "Its model keeps no representation of people: train the attention model."
        studio.empty("This run has no map.", lacking, "train", "Train a model")
    projections.warm()
    st.html(Path(view.__file__).with_name("embeddings.css"))
    guarded_fragment()(body)()
