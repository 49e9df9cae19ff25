"""The drawer over the map: who the chosen people are, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from recsys.charts.embeddings import column_figure, history_lengths_figure
from recsys.charts.style import format_number, format_percent
from recsys.embeddings.group_profile import GroupProfile, OverRepresented, profile_group
from recsys.embeddings.neighbours import nearest
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from ui.components.point_map import Choice
    from ui.embeddings.view import MapContext

_CONFIG = {"displayModeBar": False}


def drawer(scene: MapContext, chosen: Choice) -> None:
    """Who is chosen, in the words of what they choose more than others, and the buttons that carry them on."""
    if not len(chosen.rows):
        return
    if scene.side == "items":
        _items(scene, chosen)
        return
    who = profile_group(chosen.rows, scene.dataset)
    st.markdown(f"#### {_title(scene, chosen)}")
    st.caption(_sentence(who))
    _ends(scene, chosen, who)
    names = ["Taste", "Who", "Nearest" if chosen.kind == "pick" else "Keep"]
    party, people, last = st.tabs(names)
    with party:
        _taste(scene, chosen, who)
    with people:
        _people(scene, who)
    with last:
        if chosen.kind == "pick":
            _near(scene, int(chosen.rows[0]))
        else:
            _keep(scene, chosen, who)


def _title(scene: MapContext, chosen: Choice) -> str:
    if chosen.kind == "pick":
        return f"Person {escape_markdown(scene.names[int(chosen.rows[0])], 40)}"
    size = f"{len(chosen.rows):,} {'person' if len(chosen.rows) == 1 else 'people'}"
    return f"{escape_markdown(chosen.name, 60)} · {size}" if chosen.name else size


def _sentence(who: GroupProfile) -> str:
    like = ", ".join(escape_markdown(tag.name, 30) for tag in who.tags[:3])
    middle = f"{format_number(float(np.median(who.lengths)))} items" + (" each in the middle" if who.users > 1 else "")
    return f"{middle}; more than others: {like}." if like else f"{middle}."


def _ends(scene: MapContext, chosen: Choice, who: GroupProfile) -> None:
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


def _use(scene: MapContext, chosen: Choice, role: str, who: GroupProfile) -> None:
    """Writes the chosen people into the link, a group as an automatic cohort."""
    if len(chosen.rows) == 1:
        end = f"user:{scene.dataset.users.external(int(chosen.rows[0]))}"
    else:
        end = f"group:{_save(scene, chosen, auto_name(chosen, who), automatic=True)}"
    scene.studio.set_view(**{role: end})


def auto_name(chosen: Choice, who: GroupProfile) -> str:
    """What a group is called when nobody names it."""
    like = chosen.name or ", ".join(tag.name for tag in who.tags[:2]) or "lasso"
    return f"{like} ({who.users:,} people)"


def _save(scene: MapContext, chosen: Choice, name: str, automatic: bool = False) -> str:
    ids = scene.dataset.users.externals(chosen.rows)
    meta = {"automatic": automatic, "run": scene.studio.run_id, "dataset": scene.dataset.name}
    return scene.studio.space.save_cohort(name, ids, meta).id


def _taste(scene: MapContext, chosen: Choice, who: GroupProfile) -> None:
    if who.tags:
        _lines("Typical tags", who.tags)
    if chosen.kind == "pick":
        history = scene.dataset.history(int(chosen.rows[0]))[::-1][:8]
        titles = scene.dataset.catalogue.titles
        st.markdown("**Newest items**  \n" + "  \n".join(escape_markdown(titles[item], 46) for item in history))
    else:
        _lines("Typical items", who.items)


def _lines(heading: str, found: Sequence[OverRepresented]) -> None:
    rows = [
        f"{escape_markdown(one.name, 34)} :gray[{format_percent(one.share)} · {format_number(one.lift)}×]"
        for one in found
    ]
    st.markdown(f"**{heading}** :gray[share of choices · times the usual]  \n" + "  \n".join(rows))


def _people(scene: MapContext, who: GroupProfile) -> None:
    if who.users == 1:
        values = scene.dataset.user_table
        row = (
            []
            if not len(values.columns)
            else [
                f"{escape_markdown(c, 30)}: {escape_markdown(next(iter(v for v, s in shares.items() if s[0])), 40)}"
                for c, shares in who.columns.items()
            ]
        )
        st.markdown("  \n".join(row) or "Nothing else is known of this person.")
    else:
        st.plotly_chart(history_lengths_figure(who.lengths, scene.dataset.lengths), config=_CONFIG, key="map_lengths")
        for name, fractions in who.columns.items():
            st.plotly_chart(column_figure(name, fractions), config=_CONFIG, key=f"map_column_{name}")
    if len(who.scenarios) > 1:
        shares = " · ".join(
            f"{escape_markdown(name, 30)} {format_percent(share)}" for name, share in who.scenarios.items()
        )
        st.caption(f"Their items: {shares}")


def _near(scene: MapContext, person: int) -> None:
    rows, similarity = nearest(scene.vectors, person, 10)
    st.caption("Most similar in the real space (cosine), wherever the picture has put them. They are joined by lines.")
    lengths = scene.dataset.lengths
    st.markdown(
        "  \n".join(
            f"{escape_markdown(scene.names[int(row)], 30)} "
            f":gray[{format_number(float(value))} · {lengths[row]:,} items]"
            for row, value in zip(rows, similarity, strict=True)
        )
    )


def _keep(scene: MapContext, chosen: Choice, who: GroupProfile) -> None:
    name = st.text_input("Name of the group", value=auto_name(chosen, who), max_chars=200, key=f"map_name_{chosen.seq}")
    if st.button("Save as cohort", key="map_save", disabled=not name.strip()):
        _save(scene, chosen, name.strip())
        st.toast(f"Saved: {escape_markdown(name, 60)}. Transfer and Evaluate can use it.")


def _items(scene: MapContext, chosen: Choice) -> None:
    data = scene.dataset
    items = chosen.rows + 1
    single = len(items) == 1
    first = int(items[0])
    st.markdown(f"#### {escape_markdown(data.catalogue.titles[first], 60) if single else f'{len(items):,} items'}")
    choosers = np.unique(data.user_of[np.isin(data.sequence, items)])
    st.caption(f"{len(choosers):,} people chose {'it' if single else 'from them'}.")
    if single:
        st.markdown(escape_markdown(data.catalogue.texts[first]) or "No description.")
        if data.catalogue.tags[first]:
            st.caption("Tags: " + ", ".join(escape_markdown(tag, 30) for tag in data.catalogue.tags[first]))
        rows, similarity = nearest(scene.vectors, first - 1, 8)
        lines = [
            f"{escape_markdown(data.catalogue.titles[int(r) + 1], 44)} :gray[{format_number(float(s))}]"
            for r, s in zip(rows, similarity, strict=True)
        ]
        st.markdown("**Nearest in the real space**  \n" + "  \n".join(lines))
    else:
        order = items[np.argsort(-data.item_counts[items], kind="stable")][:12]
        st.markdown(
            "**Most chosen**  \n"
            + "  \n".join(
                f"{escape_markdown(data.catalogue.titles[i], 44)} :gray[{data.item_counts[i]:,}]" for i in order
            )
        )
