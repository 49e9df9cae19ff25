"""The drawer over the map: who the chosen people are, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from recsys.charts.embeddings import column_figure, lengths_figure
from recsys.charts.style import percent, three
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.portrait import Portrait, Typical, portrait
from ui.inputs import plain

if TYPE_CHECKING:
    from ui.embeddings_view import Scene
    from ui.live.point_map import Choice

_CONFIG = {"displayModeBar": False}


def drawer(scene: Scene, chosen: Choice) -> None:
    """Who is chosen, in the words of what they choose more than others, and the buttons that carry them on."""
    if not len(chosen.rows):
        return
    if scene.side == "items":
        _items(scene, chosen)
        return
    who = portrait(chosen.rows, scene.dataset)
    st.markdown(f"#### {_title(scene, chosen)}")
    st.caption(_sentence(who))
    _ends(scene, chosen, who)
    names = ["Taste", "Who", "Nearest" if chosen.kind == "pick" else "Keep"]
    taste, people, last = st.tabs(names)
    with taste:
        _taste(scene, chosen, who)
    with people:
        _people(scene, who)
    with last:
        if chosen.kind == "pick":
            _near(scene, int(chosen.rows[0]))
        else:
            _keep(scene, chosen, who)


def _title(scene: Scene, chosen: Choice) -> str:
    if chosen.kind == "pick":
        return f"Person {plain(scene.names[int(chosen.rows[0])], 40)}"
    size = f"{len(chosen.rows):,} {'person' if len(chosen.rows) == 1 else 'people'}"
    return f"{plain(chosen.name, 60)} · {size}" if chosen.name else size


def _sentence(who: Portrait) -> str:
    like = ", ".join(plain(tag.name, 30) for tag in who.tags[:3])
    middle = f"{three(float(np.median(who.lengths)))} items" + (" each in the middle" if who.people > 1 else "")
    return f"{middle}; more than others: {like}." if like else f"{middle}."


def _ends(scene: Scene, chosen: Choice, who: Portrait) -> None:
    left, right = st.columns(2)
    for column, role, colour in ((left, "source", "orange"), (right, "target", "blue")):
        with column:
            st.button(
                f":{colour}[{'◆' if role == 'source' else '●'}] Use as {role}",
                key=f"map_use_{role}",
                on_click=_use,
                args=(scene, chosen, role, who),
                width="stretch",
            )


def _use(scene: Scene, chosen: Choice, role: str, who: Portrait) -> None:
    """Writes the chosen people into the link, a group as an automatic cohort."""
    if len(chosen.rows) == 1:
        end = f"user:{scene.dataset.users.external(int(chosen.rows[0]))}"
    else:
        end = f"group:{_save(scene, chosen, auto_name(chosen, who), automatic=True)}"
    scene.studio.set_view(**{role: end})


def auto_name(chosen: Choice, who: Portrait) -> str:
    """What a group is called when nobody names it."""
    like = chosen.name or ", ".join(tag.name for tag in who.tags[:2]) or "lasso"
    return f"{like} ({who.people:,} people)"


def _save(scene: Scene, chosen: Choice, name: str, automatic: bool = False) -> str:
    ids = scene.dataset.users.externals(chosen.rows)
    meta = {"automatic": automatic, "run": scene.studio.run_id, "dataset": scene.dataset.name}
    return scene.studio.space.save_cohort(name, ids, meta).id


def _taste(scene: Scene, chosen: Choice, who: Portrait) -> None:
    if who.tags:
        _lines("Typical tags", who.tags)
    if chosen.kind == "pick":
        history = scene.dataset.history(int(chosen.rows[0]))[::-1][:8]
        titles = scene.dataset.catalogue.titles
        st.markdown("**Newest items**  \n" + "  \n".join(plain(titles[item], 46) for item in history))
    else:
        _lines("Typical items", who.items)


def _lines(heading: str, found: Sequence[Typical]) -> None:
    rows = [f"{plain(one.name, 34)} :gray[{percent(one.share)} · {three(one.lift)}×]" for one in found]
    st.markdown(f"**{heading}** :gray[share of choices · times the usual]  \n" + "  \n".join(rows))


def _people(scene: Scene, who: Portrait) -> None:
    if who.people == 1:
        values = scene.dataset.people
        row = (
            []
            if not len(values.columns)
            else [
                f"{plain(c, 30)}: {plain(next(iter(v for v, s in shares.items() if s[0])), 40)}"
                for c, shares in who.columns.items()
            ]
        )
        st.markdown("  \n".join(row) or "Nothing else is known of this person.")
    else:
        st.plotly_chart(lengths_figure(who.lengths, scene.dataset.lengths), config=_CONFIG, key="map_lengths")
        for name, shares in who.columns.items():
            st.plotly_chart(column_figure(name, shares), config=_CONFIG, key=f"map_column_{name}")
    if len(who.scenarios) > 1:
        shares = " · ".join(f"{plain(name, 30)} {percent(share)}" for name, share in who.scenarios.items())
        st.caption(f"Their items: {shares}")


def _near(scene: Scene, person: int) -> None:
    rows, similarity = nearest(scene.vectors, person, 10)
    st.caption("Most similar in the real space (cosine), wherever the picture has put them. They are joined by lines.")
    lengths = scene.dataset.lengths
    st.markdown(
        "  \n".join(
            f"{plain(scene.names[int(row)], 30)} :gray[{three(float(value))} · {lengths[row]:,} items]"
            for row, value in zip(rows, similarity, strict=True)
        )
    )


def _keep(scene: Scene, chosen: Choice, who: Portrait) -> None:
    name = st.text_input("Name of the group", value=auto_name(chosen, who), max_chars=200, key=f"map_name_{chosen.seq}")
    if st.button("Save as cohort", key="map_save", disabled=not name.strip()):
        _save(scene, chosen, name.strip())
        st.toast(f"Saved: {plain(name, 60)}. Transfer and Evaluate can use it.")


def _items(scene: Scene, chosen: Choice) -> None:
    data = scene.dataset
    items = chosen.rows + 1
    single = len(items) == 1
    first = int(items[0])
    st.markdown(f"#### {plain(data.catalogue.titles[first], 60) if single else f'{len(items):,} items'}")
    choosers = np.unique(data.user_of[np.isin(data.sequence, items)])
    st.caption(f"{len(choosers):,} people chose {'it' if single else 'from them'}.")
    if single:
        st.markdown(plain(data.catalogue.texts[first]) or "No description.")
        if data.catalogue.tags[first]:
            st.caption("Tags: " + ", ".join(plain(tag, 30) for tag in data.catalogue.tags[first]))
        rows, similarity = nearest(scene.vectors, first - 1, 8)
        lines = [
            f"{plain(data.catalogue.titles[int(r) + 1], 44)} :gray[{three(float(s))}]"
            for r, s in zip(rows, similarity, strict=True)
        ]
        st.markdown("**Nearest in the real space**  \n" + "  \n".join(lines))
    else:
        order = items[np.argsort(-data.item_counts[items], kind="stable")][:12]
        st.markdown(
            "**Most chosen**  \n"
            + "  \n".join(f"{plain(data.catalogue.titles[i], 44)} :gray[{data.item_counts[i]:,}]" for i in order)
        )
