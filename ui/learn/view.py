"""Learn: one idea at a time. Text left, a live figure right, one control, one question with its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from recsys.charts.learn import matrices_figure, sampled_figure, smoothing_figure, two_ways_figure, weights_figure
from recsys.charts.style import CONFIG, format_number
from recsys.explain import lessons
from recsys.explain.attention import HeadNumbers, trained_head
from ui.run_context import run_context
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.tabs import open_tab
from ui.shell.widgets import escape_markdown
from ui.transfer.scored_pair import random_pair

NEWEST = 8  # items of the history shown in the attention lesson


@dataclass(frozen=True)
class Lesson:
    """One idea: its name, its text (markdown of ours), the question, the answer, and the figure with its control."""

    name: str
    text: str
    question: str
    answer: str
    show: Callable[[PageContext], None]


def learn(studio: PageContext) -> None:
    """The row of lessons and the open one."""
    names = {key: lesson.name for key, lesson in LESSONS.items()} | {"glossary": "Glossary"}
    with open_tab(studio, names, "learn_tab") as chosen:
        if chosen == "glossary":
            _glossary()
        else:
            _lesson(studio, LESSONS[chosen])


def _lesson(studio: PageContext, lesson: Lesson) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(lesson.text)
        st.markdown(f"**Try and answer:** {lesson.question}")
        with st.expander("Answer"):
            st.markdown(lesson.answer)
    with right:
        guarded_fragment()(lesson.show)(studio)


def _figure(drawn: object, key: str) -> None:
    st.plotly_chart(drawn, key=key, config=CONFIG, width="stretch")


def _numbers(studio: PageContext) -> tuple[list[str], HeadNumbers, str]:
    """Titles, the numbers of one head over somebody's newest items, and where they come from."""
    if studio.run_folder is not None:
        context = run_context(str(studio.run_folder))
        kind, _, value = studio.view.target.partition(":")
        known = kind == "user" and value in context.dataset.users
        user = context.dataset.users.index(value if known else random_pair(context, 0)[0].partition(":")[2])
        history = context.known_histories[user][-NEWEST:]
        numbers = trained_head(context.run.model, history)
        if numbers is not None:
            titles = [context.dataset.catalogue.titles[int(item)] for item in history]
            whose = f"over the newest items of person {context.dataset.users.external(user)}"
            return titles, numbers, f"Numbers from the first head of “{context.run.name}” {whose}."
        reason = "The open run is not an attention model"
    else:
        reason = "Nothing is trained yet"
    return list(lessons.TINY_TITLES), lessons.tiny_head(), f"{reason}: these numbers are a small example made by hand."


def _attention(studio: PageContext) -> None:
    titles, numbers, origin = _numbers(studio)
    root = numbers.d_k**0.5
    divisor = st.slider(
        "Divide q·k by", 0.25, round(max(3 * root, 4.0), 2), value=round(root, 2), step=0.05, key="divisor",
        help=f"√d_k is {root:.2f} here",
    )  # fmt: skip
    weights = lessons.weights_divided_by(numbers, divisor)
    _figure(weights_figure(titles, weights, np.array(numbers.weights)), "learn_attention")
    most = int(np.argmax(weights))
    out = np.array(weights) @ np.array(numbers.values)
    shown = f"{', '.join(f'{v:.2f}' for v in out[:3])}{', …' if len(out) > 3 else ''}"
    st.latex(
        rf"\frac{{q\cdot k}}{{{divisor:.2f}}} = \frac{{{numbers.products[most]:.2f}}}{{{divisor:.2f}}} = "
        rf"{numbers.products[most] / divisor:.2f}\;\Rightarrow\; \text{{weight }} {weights[most]:.3f}"
    )
    st.latex(rf"\text{{weights}}\cdot V = ({shown})")
    bias = " The learned number for each distance is added before the softmax." if any(numbers.distance) else ""
    st.caption(f"{escape_markdown(origin, 300)} d_k = {numbers.d_k}. The grey mark is the weight at √d_k.{bias}")


def _blend(studio: PageContext) -> None:
    alpha = st.slider("α", 0.0, 1.0, 0.5, 0.05, key="learn_alpha")
    blended = lessons.worked_example(alpha)
    _figure(matrices_figure(lessons.SOURCE, lessons.TARGET, blended, alpha), "learn_blend")
    first = lessons.SOURCE[0, 0], lessons.TARGET[0, 0]
    st.latex(rf"{alpha:.2f}\cdot {first[0]} + {1 - alpha:.2f}\cdot {first[1]} = {blended[0, 0]:.3f}")
    st.caption("Three rows, two numbers each: " + "; ".join(f"({a:.3g}, {b:.3g})" for a, b in blended))


def _same(studio: PageContext) -> None:
    alpha = st.slider("α", 0.0, 1.0, 0.3, 0.05, key="same_alpha")
    ways = lessons.two_ways()
    _figure(two_ways_figure(ways, alpha), "learn_same")
    apart = float(np.abs(ways.of_blended_representation - ways.of_blended_scores).max())
    st.caption(f"Largest difference between both ways over all α: {format_number(apart)} (rounding of the computer).")


SAMPLES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 9999)


def _ranking(studio: PageContext) -> None:
    now = st.select_slider("The held-out item competes with", SAMPLES, 100, key="sampled")
    models = {"the specialist": lessons.SPECIALIST, "the generalist": lessons.GENERALIST}
    rates = {name: [lessons.sampled_hit_rate(ranks, n) for n in SAMPLES] for name, ranks in models.items()}
    _figure(sampled_figure(SAMPLES, rates, now), "learn_ranking")
    at = SAMPLES.index(now)
    st.caption("; ".join(f"{name}: HR@10 {format_number(values[at])}" for name, values in rates.items()))


def _proves(studio: PageContext) -> None:
    observed = st.slider("Items known of the target", 1, 50, 3, key="observed")
    _figure(smoothing_figure(lessons.smoothing(observed), observed), "learn_proves")
    st.latex(
        r"E(\alpha) = (1-\alpha)^2\,\frac{\sigma^2}{n} + \alpha^2 D,\qquad \alpha^* = \frac{\sigma^2/n}{\sigma^2/n + D}"
    )
    st.caption(f"n = {observed}; σ² = {lessons.NOISE:g}, τ² = {lessons.SPREAD:g}: D = 2τ² at random, τ² for the mean.")


def _glossary() -> None:
    """The words of this studio, searchable."""
    part = st.text_input("Find a word", key="glossary_find").casefold()
    found = {w: m for w, m in lessons.GLOSSARY.items() if part in w.casefold() or part in m.casefold()}
    if not found:
        st.write("No word here contains that.")
    left, right = st.columns(2, gap="large")
    for number, (word, meaning) in enumerate(found.items()):
        (left if number % 2 == 0 else right).markdown(f"**{escape_markdown(word)}** — {escape_markdown(meaning, 400)}")


LESSONS = {
    "attention": Lesson(
        "Attention",
        "The model reads a history item by item. For each item it makes three lists of numbers: a **query** (what "
        "do I "
        "look for?), a **key** (what am I?) and a **value** (what do I pass on?).\n\n"
        "The newest item’s query is multiplied with everybody’s key. The products are divided by √d_k, turned into "
        "weights that add up to 1, and the values are mixed by these weights:\n\n"
        "$$\\mathrm{softmax}\\left(\\frac{QK^\\top}{\\sqrt{d_k}}\\right)V$$",
        "what happens when you divide by a small number, and why would that be bad for learning?",
        "One item takes nearly all the weight. The softmax is then flat almost everywhere, so its gradient is close "
        "to 0 and "
        "the network hardly learns. A product of two lists of d_k numbers grows like √d_k, hence the divisor.",
        _attention,
    ),
    "blend": Lesson(
        "The α formula",
        "A taste is a list of numbers. To lend interests, two tastes are mixed number by number:\n\n"
        "$$\\text{new person} = \\alpha\\cdot\\text{source} + (1-\\alpha)\\cdot\\text{target}$$\n\n"
        "α = 0 leaves the target alone, α = 1 is the source alone. Move α and follow one number.",
        "at which α is the second number of the second row exactly .7, half-way between .5 and .9?",
        "At α = .5: .5 · .9 + .5 · .5 = .7. The whole blend there is (.45, .6), (.45, .7), (.65, .65).",
        _blend,
    ),
    "same": Lesson(
        "Two ways, one list",
        "An item’s score is the dot product of its vector with the taste. A dot product is linear, so it makes no "
        "difference "
        "whether the **tastes** are mixed and then scored, or both are scored and the **scores** are mixed:\n\n"
        "$$v\\cdot(\\alpha s + (1-\\alpha)t) = \\alpha\\,(v\\cdot s) + (1-\\alpha)\\,(v\\cdot t)$$\n\n"
        "That is why each score is a straight line over α, and why the list on Transfer can follow your thumb.",
        "where can the order of two items change as α moves?",
        "Only where their two lines cross: once at most. All α at which a list changes can therefore be computed, "
        "none needs "
        "to be searched for.",
        _same,
    ),
    "ranking": Lesson(
        "Why rank everything",
        "Many reports rank the held-out item among 100 random others instead of the whole catalogue. It is faster, "
        "and it "
        "can crown the wrong model.\n\n"
        "The **specialist** puts the right item 4th for three people in ten and 5,000th for the rest. The "
        "**generalist** "
        "puts it 150th for everybody, so no list of ten ever shows it.",
        "from how many competitors on does the specialist win, as it should?",
        "Somewhere above 500. Among 100 random items hardly one of the 149 better ones is drawn, so the generalist "
        "looks "
        "perfect. Sampling changes the order of models, not just the level (Krichene & Rendle, 2020).",
        _ranking,
    ),
    "proves": Lesson(
        "Why a gain proves nothing",
        "“α > 0 beats α = 0” sounds like borrowed interest. But a taste known from few items is mostly noise, and "
        "*any* "
        "steady source dampens noise.\n\n"
        "The best α is above 0 for **every** source, even a random person. So a gain counts only against a random "
        "source, "
        "shuffled pairs, popularity, and the mean person.",
        "how many items must be known before a random source is best left below α = .1?",
        "18: σ²/n / (σ²/n + 2τ²) < .1 means n > 4 · 9 / 2 = 18. The more is known, the less there is to dampen.",
        _proves,
    ),
}
