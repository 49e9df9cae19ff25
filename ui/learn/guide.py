"""The tour and the stories: steps that each open a view, shown in the menu of every page while one is open.

The open guide and its step are in the URL (`?guide=tour.2`), so each step is a link that restores its view. Whether the
tour was taken or left, and what was decided in a story, is kept in the visitor's space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

import streamlit as st

from recsys.workspace.learning import keep_learning, read_learning
from ui.language import language
from ui.learn.sample_figures import story_data, with_sample_texts
from ui.learn.texts import FOLDER, fill, read, words
from ui.shell.page_context import BY_KEY, PageContext
from ui.shell.widgets import escape_markdown

TOUR = "tour"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        page: that it opens.
        params: the query parameters of its view, values of the story filled in.
        title, text: Markdown, values filled in and escaped.
    """

    page: str
    params: Mapping[str, str]
    title: str
    text: str


@dataclass(frozen=True)
class Guide:
    """The tour or a story. `values` are the numbers of a story; {} for the tour."""

    key: str
    title: str
    sentence: str
    steps: tuple[Step, ...]
    values: Mapping[str, str]


@cache
def guides(lang: str) -> Mapping[str, Guide]:
    """The tour first, then the stories, by key. Raises ArtifactError where the numbers of the stories are damaged."""
    keys = [TOUR, *story_data()]
    return {key: _guide(lang, key) for key in keys}


def _guide(lang: str, key: str) -> Guide:
    entries = read(FOLDER / lang / f"guide_{key}.md")[0]
    numbers = {} if key == TOUR else with_sample_texts(story_data()[key], lang)
    values = {name: f"{value:.3f}" if isinstance(value, float) else str(value) for name, value in numbers.items()}
    shown = {name: escape_markdown(value) for name, value in values.items()}
    steps = [
        Step(
            entries[f"{n}.page"],
            dict(parse_qsl(fill(entries.get(f"{n}.view", ""), **values))),
            entries[f"{n}.title"],
            fill(entries[f"{n}.text"], **shown),
        )
        for n in range(1, 1 + sum(name.endswith(".page") for name in entries))
    ]
    return Guide(key, entries["title"], entries["sentence"], tuple(steps), shown)


def open_step(page: PageContext) -> tuple[Guide, int] | None:
    """The open guide and its step, from 0; None without one, and for a link that names none."""
    key, _, number = page.view.guide.partition(".")
    if not key:
        return None
    guide = guides(language()).get(key)
    if guide is None or not number.isdecimal() or len(number) > 4 or not 1 <= int(number) <= len(guide.steps):
        return None
    return guide, int(number) - 1


def step_params(page: PageContext, guide: Guide, step: int) -> dict[str, str]:
    """The query parameters of a step: its view, the guide, and the language and class of the visitor."""
    kept = {"lang": page.view.lang, "code": page.view.code, "guide": f"{guide.key}.{step + 1}"}
    if guide.key == TOUR and page.view.run:
        kept["run"] = page.view.run  # the tour shows the visitor's own run
    return {**guide.steps[step].params, **{name: value for name, value in kept.items() if value}}


def go_to(page: PageContext, guide: Guide, step: int) -> None:
    """Opens a step."""
    keep_learning(page.space.folder, f"guide_{guide.key}", step=step + 1, left=None)
    st.switch_page(BY_KEY[guide.steps[step].page].file, query_params=step_params(page, guide, step))


def guide_card(page: PageContext) -> None:
    """The open step in the menu; without one, a new visitor is offered the tour on Home."""
    found, shown = open_step(page), words(language())
    if found is None:
        if page.step.key == "home" and not read_learning(page.space.folder).get(f"guide_{TOUR}"):
            _offer(page, shown)
        return
    guide, step = found
    with st.container(border=True, key="guide"):
        st.caption(f"{guide.title} · {fill(shown['guide_step'], step=step + 1, steps=len(guide.steps))}")
        st.markdown(f"**{guide.steps[step].title}**")
        st.markdown(guide.steps[step].text)
        last = step == len(guide.steps) - 1
        if last and guide.key != TOUR:
            _decision(page, guide, shown)
        with st.container(horizontal=True):
            if step and st.button(shown["guide_back"], key="guide_back"):
                go_to(page, guide, step - 1)
            if not last and st.button(shown["guide_next"], key="guide_next"):
                go_to(page, guide, step + 1)
            if st.button(shown["guide_done" if last else "guide_leave"], key="guide_leave", type="tertiary"):
                keep_learning(page.space.folder, f"guide_{guide.key}", left=True, step=None if last else step + 1)
                page.set_view(guide="")
                st.rerun()


def _decision(page: PageContext, guide: Guide, shown: Mapping[str, str]) -> None:
    """The decision that ends a story, and what it would have meant for users like this."""
    key = f"guide_{guide.key}"
    decided = read_learning(page.space.folder).get(key, {}).get("decision")
    if decided in ("transfer", "keep"):
        st.markdown(fill(shown[f"guide_decided_{decided}"], **guide.values))
        if st.button(shown["guide_undo"], key="guide_undo", type="tertiary"):
            keep_learning(page.space.folder, key, decision=None)
            st.rerun()
        return
    for choice in ("transfer", "keep"):
        if st.button(shown[f"guide_{choice}"], key=f"guide_{choice}", width="stretch"):
            keep_learning(page.space.folder, key, decision=choice)
            st.rerun()


def _offer(page: PageContext, shown: Mapping[str, str]) -> None:
    with st.container(border=True, key="guide_offer"):
        st.markdown(shown["guide_offer"])
        if st.button(shown["guide_tour"], key="guide_tour", width="stretch"):
            go_to(page, guides(language())[TOUR], 0)
        if st.button(shown["guide_no"], key="guide_no", type="tertiary"):
            keep_learning(page.space.folder, f"guide_{TOUR}", left=True)
            st.rerun()


def stories_tab(page: PageContext, shown: Mapping[str, str]) -> None:
    """The tour and the stories, each with a button that starts or continues it."""
    st.write(shown["stories_intro"])
    kept = read_learning(page.space.folder)
    for guide in guides(language()).values():
        with st.container(border=True):
            st.markdown(f"**{guide.title}**")
            st.markdown(guide.sentence)
            reached = kept.get(f"guide_{guide.key}", {}).get("step")
            place = reached if isinstance(reached, int) and reached <= len(guide.steps) else 1
            label = fill(shown["guide_continue"], step=place) if place > 1 else shown["guide_start"]
            with st.container(horizontal=True):
                if st.button(label, key=f"guide_start_{guide.key}"):
                    go_to(page, guide, place - 1)
                if place > 1 and st.button(shown["guide_again"], key=f"guide_again_{guide.key}", type="tertiary"):
                    go_to(page, guide, 0)
