"""The lessons of Learn: text, question, answer, and the figure with its one control. Add a lesson to LESSONS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from recsys.charts.learn import (
    blend_error_figure,
    compare_blends_figure,
    matrices_figure,
    sampled_figure,
    weights_figure,
)
from recsys.charts.representations import reliance_figure
from recsys.charts.style import CONFIG, format_number
from recsys.data.samples import FOLDER
from recsys.explain import worked_examples
from recsys.explain.attention import HeadComputation, trained_head
from recsys.explain.history_influence import unseen_items
from recsys.explain.representations import reliance
from recsys.models.recommender import Encoder
from ui.run_context import run_context
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown
from ui.transfer.scored_pair import random_pair

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NEWEST = 8  # history items in the attention lesson
SAMPLES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 9999)


@dataclass(frozen=True)
class Lesson:
    """One idea.

    Args:
        name: on the lesson's tab.
        text, question, answer: markdown.
        show: draws the control and the figure.
    """

    name: str
    text: str
    question: str
    answer: str
    show: Callable[[PageContext], None]


def _chart(figure: Figure, key: str) -> None:
    st.plotly_chart(figure, key=key, config=CONFIG, width="stretch")


def _head(page: PageContext) -> tuple[list[str], HeadComputation, str]:
    """Titles and computation of one attention head, from the open run if possible, and where they come from."""
    if page.run_folder is not None:
        context = run_context(str(page.run_folder))
        users = context.dataset.users
        kind, _, value = page.view.target.partition(":")
        known = kind == "user" and value in users
        user = users.index(value if known else random_pair(context, 0)[0].partition(":")[2])
        history = context.known_histories[user][-NEWEST:]
        head = trained_head(context.run.model, history)
        if head is not None:
            titles = [context.dataset.catalogue.titles[int(item)] for item in history]
            origin = f"“{context.run.name}” over the newest items of user {users.external(user)}"
            return titles, head, f"First attention head of {origin}."
        reason = "The open run has no attention model"
    else:
        reason = "No model is trained yet"
    return list(worked_examples.EXAMPLE_TITLES), worked_examples.example_head(), f"{reason}: this is a small example."


def _attention(page: PageContext) -> None:
    titles, head, origin = _head(page)
    root = head.d_k**0.5
    divisor = st.slider(
        "Divide q·k by",
        0.25,
        round(max(3 * root, 4.0), 2),
        value=round(root, 2),
        step=0.05,
        key="divisor",
        help=f"The network divides by √d_k, here {root:.2f}.",
    )
    weights = worked_examples.weights_with_divisor(head, divisor)
    _chart(weights_figure(titles, weights, head.weights), "learn_attention")
    most = int(np.argmax(weights))
    output = weights @ head.values
    shown = ", ".join(f"{value:.2f}" for value in output[:3]) + (", …" if len(output) > 3 else "")
    st.latex(
        rf"\frac{{q\cdot k}}{{{divisor:.2f}}} = \frac{{{head.products[most]:.2f}}}{{{divisor:.2f}}} = "
        rf"{head.products[most] / divisor:.2f}\;\Rightarrow\; \text{{weight }} {weights[most]:.3f}"
    )
    st.latex(rf"\text{{weights}}\cdot V = ({shown})")
    bias = " A learned number for each distance is added before the softmax." if head.distance.any() else ""
    st.caption(f"{escape_markdown(origin, 300)} d_k = {head.d_k}. Grey marks: weights with √d_k.{bias}")


def _blend(page: PageContext) -> None:
    alpha = st.slider("α, weight of the source", 0.0, 1.0, 0.5, 0.05, key="learn_alpha")
    blended = worked_examples.worked_blend(alpha)
    _chart(matrices_figure(worked_examples.SOURCE, worked_examples.TARGET, blended, alpha), "learn_blend")
    source, target = worked_examples.SOURCE[0, 0], worked_examples.TARGET[0, 0]
    st.latex(rf"{alpha:.2f}\cdot {source} + {1 - alpha:.2f}\cdot {target} = {blended[0, 0]:.3f}")
    st.caption("The three rows of the blend: " + "; ".join(f"({a:.3g}, {b:.3g})" for a, b in blended))


def _same_list(page: PageContext) -> None:
    alpha = st.slider("α, weight of the source", 0.0, 1.0, 0.3, 0.05, key="same_alpha")
    comparison = worked_examples.compare_blends()
    _chart(compare_blends_figure(comparison, alpha), "learn_same")
    difference = float(np.abs(comparison.of_blended_embedding - comparison.of_blended_scores).max())
    st.caption(f"Largest difference over all α: {format_number(difference)} (rounding error).")


def _interests(page: PageContext) -> None:
    newest = st.slider("Newest items, counted together", 1, 20, 1, key="learn_newest")
    context = run_context(str(page.run_folder or FOLDER / "run"))
    if not isinstance(context.run.model, Encoder):
        st.write("The open run has no item vectors, so it has no interests. Open a run of the attention model.")
        return
    users = context.dataset.users
    kind, _, value = page.view.target.partition(":")
    known = kind == "user" and value in users
    user = users.index(value if known else random_pair(context, 0)[0].partition(":")[2])
    history, model = context.known_histories[user], context.run.model
    found = reliance(context.interests, model.scores, history, unseen_items(model.n_items, history))
    titles = [context.dataset.catalogue.titles[int(item)] for item in found.items]
    _chart(reliance_figure(found, titles, newest), "learn_interests")
    origin = f"User {users.external(user)} of “{context.run.name}”, {len(history):,} items."
    st.caption(escape_markdown(origin, 300))


def _full_ranking(page: PageContext) -> None:
    sampled = st.select_slider("Items that the held-out item competes with", SAMPLES, 100, key="sampled")
    models = {"the specialist": worked_examples.SPECIALIST, "the generalist": worked_examples.GENERALIST}
    rates = {name: [worked_examples.sampled_hit_rate(ranks, n) for n in SAMPLES] for name, ranks in models.items()}
    _chart(sampled_figure(SAMPLES, rates, sampled), "learn_ranking")
    at = SAMPLES.index(sampled)
    st.caption("; ".join(f"{name}: HR@10 {format_number(values[at])}" for name, values in rates.items()))


def _negative_controls(page: PageContext) -> None:
    observed = st.slider("Observed items of the target", 1, 50, 3, key="observed")
    _chart(blend_error_figure(worked_examples.blend_error(observed), observed), "learn_proves")
    st.latex(
        r"E(\alpha) = (1-\alpha)^2\,\frac{\sigma^2}{n} + \alpha^2 D,\qquad \alpha^* = \frac{\sigma^2/n}{\sigma^2/n + D}"
    )
    noise, users = worked_examples.NOISE_VARIANCE, worked_examples.USER_VARIANCE
    st.caption(
        f"n = {observed} observed items; noise σ² = {noise:g}; variance of users τ² = {users:g}; squared distance D: "
        "2τ² for a random user, τ² for the mean user."
    )


LESSONS = {
    "attention": Lesson(
        "Attention",
        """The model computes three vectors for each item of a history: a **query**, a **key** and a **value**.

The newest item’s query is multiplied with the key of every item. The products are divided by √d_k and turned into
weights that sum to 1. The output is the weighted mean of the values:

$$\\mathrm{softmax}\\left(\\frac{QK^\\top}{\\sqrt{d_k}}\\right)V$$""",
        "what happens when you divide by a small number, and why is that bad for training?",
        """One item gets nearly all the weight. The softmax is then almost flat, its gradient is close to 0, and the
network hardly learns. The dot product of two vectors of d_k numbers grows like √d_k, hence the divisor.""",
        _attention,
    ),
    "blend": Lesson(
        "The α formula",
        """A user embedding is a list of numbers. To transfer interests, two embeddings are blended number by number:

$$\\text{new user} = \\alpha\\cdot\\text{source} + (1-\\alpha)\\cdot\\text{target}$$

α = 0 is the target alone, α = 1 the source alone. Move α and follow one number.""",
        "at which α is the second number of the second row exactly 0.7, half-way between 0.5 and 0.9?",
        """At α = 0.5: 0.5 · 0.9 + 0.5 · 0.5 = 0.7. The whole blend is (0.45, 0.6), (0.45, 0.7), (0.65, 0.65).""",
        _blend,
    ),
    "same": Lesson(
        "Embeddings or scores",
        """An item’s score is the dot product of its embedding with the user’s. A dot product is linear, so it makes no
difference whether the **embeddings** are blended and then scored, or both are scored and the **scores** are blended:

$$v\\cdot(\\alpha s + (1-\\alpha)t) = \\alpha\\,(v\\cdot s) + (1-\\alpha)\\,(v\\cdot t)$$

So each score is a straight line over α, and Transfer can compute every change of the list exactly.""",
        "where can the order of two items change as α moves?",
        """Only where their two lines cross, so once at most. All values of α at which a list changes can therefore be
computed; no search is needed.""",
        _same_list,
    ),
    "interests": Lesson(
        "Interests and next choice",
        """A model that predicts the next item leans on the newest ones: after an evening of films it lists films. What
a user **likes** changes more slowly. The **interest** is a mean of all item vectors, each less the mean of its
scenario, in which an item’s weight halves with every 20 newer items:

$$\\text{interest} = \\frac{\\sum_a 2^{-a/20}\\,(v_a - \\bar v_{\\text{scenario}})}{\\sum_a 2^{-a/20}},\\qquad a = 0
\\text{ is the newest}$$

α moves either: the source’s next choice, or its interests.""",
        "which share of the interest of a user with a long history do the 20 newest items have?",
        """Half. The 20 newest items have the weights 1 … 2^(−19/20), and each earlier block of 20 items weighs half as
much as the block after it: 1 / (1 + ½ + ¼ + …) = ½. With a short history the newest items have more.""",
        _interests,
    ),
    "ranking": Lesson(
        "Full ranking",
        """Many papers rank the held-out item among 100 random items instead of the whole catalogue. That is faster,
and it can select the wrong model.

The **specialist** ranks the held-out item 4th for 30% of the users and 5,000th for the others. The **generalist**
ranks it 150th for all users, so it is never in a list of ten.""",
        "how many competing items are needed before the specialist has the higher hit rate?",
        """More than 500. A sample of 100 items rarely contains one of the 149 better items, so the generalist looks
perfect. Sampling changes the order of the models, not only the level (Krichene & Rendle, 2020).""",
        _full_ranking,
    ),
    "proves": Lesson(
        "Negative controls",
        """“α > 0 is better than α = 0” looks like transferred interest. But an embedding computed from few items is
mostly noise, and blending it with *any* fixed vector reduces noise.

The best α is above 0 for **every** source, even a random user. So a gain counts only if it is larger than the gain from
a random source, shuffled pairs, popularity and the mean user.""",
        "how many observed items are needed before the best α of a random source is below 0.1?",
        """More than 18: (σ²/n) / (σ²/n + 2τ²) < 0.1 means n > 4 · 9 / 2 = 18. The more items are observed, the less
noise there is to reduce.""",
        _negative_controls,
    ),
}
