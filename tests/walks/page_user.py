"""A random user of the pages, without a browser: what can be done on a page, and what must hold after each action.

One user has a space of its own and some sessions in it; another user has another space on the same server. Every
action is a sentence in `steps`, so that a failing walk can be read and done again by hand.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
from streamlit.testing.v1 import AppTest

from recsys.cases.parties import SEVERAL, SeveralUsers
from recsys.cases.rules import NO_RULES, Rules
from recsys.data.dataset import Dataset
from recsys.errors import StudioError
from recsys.workspace import Space, export_zip
from tests.pages.screen import open_tab, problems_on, tab_labels, tab_shown
from tests.walks.page_screen import (
    CHOICES,
    DEFERRED_DOWNLOADS,
    follow_page,
    job_parameter,
    label_of,
    mixer,
    names_of_saved,
    offered_by_mixer,
    option,
    pick,
    reachable_objects,
    shown_by,
    size_in_bytes,
    title,
    url,
    visit,
)
from tests.walks.tiny_files import KINDS, tiny_file
from ui.components.point_map.payload import bits_of
from ui.data.uploads import uploads
from ui.embeddings.view import HEADINGS
from ui.language import LANGUAGES, catalogue
from ui.shell import state
from ui.shell.frame import BY_KEY, SAMPLE_RUN, STEPS

OWN_SPACE, OTHER_SPACE = "a" * 32, "b" * 32
WITH_PANELS = {"transfer": BY_KEY["transfer"].title, "map": BY_KEY["embeddings"].title}
FILES = {step.title: step.file for step in STEPS}
FILES |= {heading: BY_KEY["embeddings"].file for heading, _ in HEADINGS.values()}
MENU = {catalogue(lang).get(step.name, step.name): step.file for lang in LANGUAGES for step in STEPS}
for _language in LANGUAGES:  # a page is known by its title, in whatever language
    FILES |= {catalogue(_language).get(title, title): file for title, file in FILES.items()}
PATHS = {Path(step.file).stem.partition("_")[2]: step.file for step in STEPS}  # as a link on a page names it
OPENED = ("run", "dataset", "target", "source", "interests")  # weights of interests go with another source
RULE_NAMES = tuple(rule.name for rule in fields(Rules))
FILTERS = ("scenario", "tag", "cold_items", "hide_source", "only", "block", "numbers", "period")  # they leave out items
THREADS, KEYS, MEGABYTES, JOBS, AT_ONCE = 40, 250, 0.1, 8, 2  # more of them after any action is a leak
UPLOADED = 1.0  # MB held for reading it again: every walk drops a few tiny files
SAMPLE = 7.0  # MB more for each session that opens samples: the largest one has 6.6, the next one replaces it
STARTED = 3  # jobs, at most, that one action starts: a page asks for what it shows
TYPED_TEXTS = ("", "u1", "i1", "Item 2", "<b>x</b>", "*a*_`$", "nobody-9", "every " * 9)

MAY_CHANGE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"swap|surprise", ("target", "source", "interests")),
    (r"map_use_source|source_", ("source", "interests")),
    # a source that is the target's own past goes with the target
    (r"map_use_target|target_", ("target", "source", "interests")),
    (r"explain_who|explain_id", ("target", "source", "interests")),
    (r"explain_alpha|use_alpha|try_alpha", ("alpha", "k")),
    (r"mixer", ("alpha", "k", "what", "interests", "method", "beside")),
    (r"rule_", ("beside", *RULE_NAMES)),  # the protection turns off what reads histories
    (r"frame_(dataset|run)|open_(?!transfer|explain)|delete_|data_|train_|home_|empty_|saved_|trash_", OPENED),
    (r"open_(transfer|explain)", ("target",)),
    (r"learn_", ("mode",)),
    (r"frame_language", ("lang",)),
    (r"class_", ("code",)),
    (r"class_open", OPENED),  # a class is on the run that is open, which its link names
    (r"cases_open_", ("alpha", "k", "beside", *OPENED, *RULE_NAMES)),
    (r"cases_(a|b|save)$", ("cases",)),
    (r"guide_", ("guide", "alpha", "k", "beside", *OPENED, *RULE_NAMES)),  # a step of a tour or story is a view
)
"""What each widget (by the begin of its key) may change in the URL; every other parameter must stay as it was."""

MAY_REFUSE: tuple[tuple[str, str], ...] = (
    (r"explain_id", "must be"),
    (r"train_", "must"),  # numbers that do not fit together
    (r"data_", "must"),  # columns and rules that leave nothing
    (r"home_demo|train_start|train_resume|start_|again_", "must be at most"),
)
"""Which sentences are fine after which widget, until the page is left: what was typed or combined breaks a rule."""

# of the mixer: all but the map, which is drawn
LISTED = ("k", "titles", "scores", "ranks", "path", "target", "source", "methods", "interests")
WITH_PICKERS = ("data", "train", "transfer")  # pages whose pickers of data and runs another user looks at
PANELS = ("transfer_target", "transfer_source", "transfer_rules", "map_made")  # their inside is made when they open


@dataclass
class Session:
    """One tab: the app, what may be refused on the page that is open, and the panel that is open on it.

    Attributes:
        history: URLs in the order in which the browser would keep them, each with the file of its page.
        place: which of them is open.
        with_sample: whether a sample was opened in it.
    """

    app: AppTest
    allowed: tuple[str, ...] = ()
    panel: str = ""
    history: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    place: int = -1
    with_sample: bool = False

    def remember(self) -> None:
        """Adds the URL that is open, unless nothing has changed; what lay ahead of it is forgotten."""
        now = (FILES[title(self.app)], url(self.app))
        if not self.history or self.history[self.place] != now:
            self.history = [*self.history[: self.place + 1], now]
            self.place = len(self.history) - 1


@dataclass
class User:
    """A random user. `problems` after each action; `steps` are the actions done so far."""

    folder: Path
    sessions: list[Session] = field(default_factory=list)
    at: int = 0
    steps: list[str] = field(default_factory=list)
    samples: int = 0  # sessions in which a sample was opened, closed ones included

    # reading --------------------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        return self.sessions[self.at]

    @property
    def app(self) -> AppTest:
        return self.session.app

    @property
    def space(self) -> Space:
        return state.workspace().space(OWN_SPACE)

    def widgets(self, *kinds: str) -> list[Any]:
        """The enabled widgets of these kinds, in the order of the page; without the key of a widget there is none."""
        found = [widget for kind in kinds for widget in self.app.get(kind)]
        return [widget for widget in found if widget.key and not widget.disabled]

    def panels(self) -> list[str]:
        """The panels of the page that is open."""
        return [panel for panel in PANELS if title(self.app) == WITH_PANELS[panel.partition("_")[0]]]

    def upload_fields(self, key: str) -> list[Any]:
        """Fields for files whose key begins so."""
        return [field for field in self.widgets("file_uploader") if str(field.key).startswith(key)]

    def map(self) -> dict[str, Any] | None:
        """What the map of users was given; None where there is none."""
        shown = [one.proto for one in self.app.get("bidi_component") if one.proto.component_name == "studio_point_map"]
        return json.loads(shown[0].json) if shown and "map_users" in shown[0].id else None

    # actions --------------------------------------------------------------------------------------------------------

    def open(self, how: str, file: str, params: dict[str, str], space: str = OWN_SPACE) -> list[str]:
        """A new session on a URL. One of another space is looked at and closed again."""
        session = Session(visit(file, params, space))
        self.steps.append(how)
        if space != OWN_SPACE:
            return self._check_other_visitor(session, params)
        self.sessions = [*self.sessions[:3], session]
        self.at = len(self.sessions) - 1
        return self._after(session, "", None)

    def menu(self, which: int) -> list[str]:
        """Presses a link of the menu, with the parameters that it carries."""
        link = pick(self.app.sidebar.get("page_link"), which).proto
        before, file = url(self.app), next(file for name, file in MENU.items() if label_of(link).startswith(name))
        self.steps.append(f"Menu: {label_of(link)}")
        self._go(file, dict(parse_qsl(link.query_string)))
        return self._after(self.session, "", before)

    def _go(self, file: str, params: dict[str, str]) -> None:
        """Opens a page with these parameters in the same session."""
        self.app.query_params.clear()
        self.app.query_params.update(params)
        if FILES.get(title(self.app)) != file:  # what was refused on a page stays until it is left
            self.session.allowed = ()
        self.session.panel = ""
        self.app.switch_page(file).run()

    def links(self) -> list[Any]:
        """The links on the page itself."""
        return [link.proto for link in self.app.main.get("page_link")]

    def follow(self, which: int) -> list[str]:
        """Presses a link on the page: what it carries is what is open then."""
        links = self.links()
        if not links:
            return []
        link = pick(links, which)
        params, page = dict(parse_qsl(link.query_string)), title(self.app)
        self.steps.append(f"Follow “{link.label}”, on {page!r}")
        self._go(PATHS[link.page.strip("/")], params)
        return self._after(self.session, "", params)

    def through_history(self, way: int) -> list[str]:
        """Back (-1) or forward (1): the URL of then is what is open, but for what was deleted since."""
        session = self.session
        to = session.place + way
        if not 0 <= to < len(session.history):
            return []
        session.place = to
        file, params = session.history[to]
        self.steps.append("Back" if way < 0 else "Forward")
        self._go(file, params)
        return self._after(session, "", params)

    def downloads(self) -> list[Any]:
        """The buttons of downloads on the page."""
        return [button for button in self.app.get("download_button") if not button.disabled]

    def download(self, which: int) -> list[str]:
        """A download: a file that is not empty."""
        buttons = self.downloads()
        if not buttons:
            return []
        button = pick(buttons, which)
        self.steps.append(f"Take away “{button.label}”, on {title(self.app)!r}")
        made = DEFERRED_DOWNLOADS[button.proto.deferred_file_id]()
        return self._after(self.session, "", url(self.app)) if made else [f"the download {button.label!r} is empty"]

    def unfold(self, which: int) -> list[str]:
        """Opens a panel of Transfer or of the map, or closes it."""
        panels = self.panels()
        if not panels:
            return []
        self.session.panel = pick([*panels, ""], which)
        return self._do(f"Open the panel {self.session.panel or 'of none'}", "", self.app.run)

    def press(self, which: int) -> list[str]:
        """Presses a button."""
        buttons = self.widgets("button")
        if not buttons:
            return []
        button = pick(buttons, which)
        if button.key.startswith("data_sample_") and not self.session.with_sample:
            self.session.with_sample, self.samples = True, self.samples + 1
        return self._do(f"Press “{button.label}”", button.key, lambda: button.click().run())

    def choose(self, which: int, value: int) -> list[str]:
        """Chooses in a list, a row of options, a slider, a switch or a number field; it must then show that."""
        widgets = self.widgets(*CHOICES)
        if not widgets:
            return []
        widget = pick(widgets, which)
        chosen = option(widget, value)
        if chosen is None:
            return []
        step = f"Choose {chosen!r} in “{widget.label}” ({widget.key})"
        return self._do(step, widget.key, lambda: widget.set_value(chosen).run(), chosen)

    def tab(self, which: int) -> list[str]:
        """Opens a tab of the page; it must then be shown."""
        labels = tab_labels(self.app)
        if not labels:
            return []
        label = pick(labels, which)
        problems = self._do(f"Open the tab “{label}”", "tab", lambda: open_tab(self.app, label))
        shown = tab_shown(self.app)
        return problems if problems or shown == label else [f"the tab {label!r} was opened, {shown!r} is shown"]

    def write(self, which: int, word: int) -> list[str]:
        """Types into a text field."""
        fields = self.widgets("text_input", "text_area")
        if not fields:
            return []
        text = pick(fields, which)
        return self._do(f"Type {pick(TYPED_TEXTS, word)!r} into “{text.label}”", text.key,
                        lambda: text.set_value(pick(TYPED_TEXTS, word)).run())  # fmt: skip

    def mix(self, alpha: float, k: int, what: str) -> list[str]:
        """Releases the thumb of the mixer at α, and chooses a list length and what is transferred ("" as it is)."""
        if mixer(self.app) is None:
            return []
        seq = (
            1 + int((self.app.session_state["mixer"] or {}).get("alpha", {}).get("seq", 0))
            if "mixer" in self.app.session_state
            else 1
        )
        sent = {"alpha": {"value": alpha, "seq": seq}}
        self.app.session_state["mixer"] = {**sent, "k": k, **({"what": what} if what else {})}
        step = f"Release the thumb at α = {alpha:g}, with {k} in the list{what and f', transferring {what}'}"
        problems = self._do(step, "mixer", self.app.run)
        self.app.session_state["mixer"] = sent  # a browser sends the others once, AppTest would with every run
        shown, now = mixer(self.app), url(self.app)
        if shown is not None and (abs(float(now.get("alpha", 0.3)) - alpha) > 1e-6 or int(now.get("k", 10)) != k):
            problems.append(f"α = {alpha:g} and k = {k} were chosen, the URL says {now}")
        if what and not problems and now.get("what", NO_RULES.what) != what:
            problems.append(f"{what} was chosen to be transferred, the URL says {now}")
        return problems

    def mix_with(self, name: str, value: int) -> list[str]:
        """Chooses in the mixer: another transfer method, the one beside it, or the weight of one interest."""
        shown = mixer(self.app)
        chosen = None if shown is None else offered_by_mixer(shown, name, value)
        if chosen is None:
            return []
        kept = self.app.session_state
        before = dict(kept["mixer"] or {}) if "mixer" in kept else {}
        sent = {"value": chosen, "seq": len(self.steps) + 1} if name == "weights" else chosen or "none"
        self.app.session_state["mixer"] = {**before, name: sent}
        old = url(self.app)
        problems = self._do(f"Choose {chosen or 'none'!r} as {name} in the mixer", f"mixer_{name}", self.app.run)
        self.app.session_state["mixer"] = before
        want = {{"weights": "interests"}.get(name, name): chosen}
        if name == "method" and old.get("beside") == chosen:  # the two lists change places
            want["beside"] = old.get("method", NO_RULES.method)
        now = {"method": NO_RULES.method, **url(self.app)}
        return problems or [
            f"{one} {text!r} was chosen, the URL says {now}" for one, text in want.items() if now.get(one, "") != text
        ]

    def select(self, first: int, several: bool) -> list[str]:
        """Picks a user on the map, or lassoes every second one."""
        shown = self.map()
        if shown is None:
            return []
        n = int(re.sub(r"\D", "", shown["label"]))  # "A map of 1,500 users: …"
        messages: dict[str, Any] = {"kind": "pick", "index": first % n, "seq": len(self.steps)}
        if several:
            messages = {"kind": "lasso", "bits": bits_of(np.arange(first % 2, n, 2), n), "seq": len(self.steps)}
        self.app.session_state["map_users"] = {"choice": messages}
        return self._do(
            f"{'Lasso every second of' if several else f'Pick number {first % n} of'} the map", "map_", self.app.run
        )

    def upload(self, kind: int, seed: int) -> list[str]:
        """Drops a tiny file on Data."""
        upload_fields = self.upload_fields("data_files")
        if not upload_fields:
            return []
        paths = tiny_file(pick(KINDS, kind), seed, self.folder)
        files = [(path.name, path.read_bytes(), "application/octet-stream") for path in paths]
        return self._do(
            f"Drop {', '.join(p.name for p in paths)}", "data_files", lambda: upload_fields[0].set_value(files).run()
        )

    def refresh(self) -> list[str]:
        """The same URL in a new session of the same space, in place of this one."""
        before = url(self.app)
        self.steps.append("Refresh")
        self.sessions[self.at] = Session(visit(FILES[title(self.app)], before | job_parameter(self.app), OWN_SPACE))
        return self._after(self.session, "", before)

    def second_tab(self) -> list[str]:
        """The URL in another tab of the same browser."""
        return self.open("Open this URL in a second tab", FILES[title(self.app)], url(self.app))

    def other_tab(self, which: int) -> list[str]:
        """Goes to another tab, which runs again."""
        self.at = which % len(self.sessions)
        return self._do(f"Go to tab {self.at + 1}, and do something there", "", self.app.run)

    def show_to_another(self) -> list[str]:
        """Another user opens this URL."""
        return self.open("Another user opens this URL", FILES[title(self.app)], url(self.app), OTHER_SPACE)

    def wait(self) -> list[str]:
        """Waits until every job has ended."""
        for job in state.jobs().of(OWN_SPACE):
            if state.jobs().wait(job.id, OWN_SPACE, 600).active:  # a training takes two minutes on a busy machine
                return [f"the job {job.kind} has not ended after ten minutes"]
        return self._do("Wait until all jobs have ended", "train_", self.app.run)

    def export_and_import(self) -> list[str]:
        """Takes all saved work away, and brings it back: a whole copy stands beside it."""
        before = self.space.entries()
        door = self.upload_fields("saved_upload")
        if not before or not door or len(before) > 12:
            return []
        packed = export_zip(self.space, [entry.id for entry in before])
        door[0].set_value(("studio.zip", packed, "application/zip")).run()
        problems = self._do(
            "Bring all saved work back", "saved_", lambda: self.app.button(key="saved_import").click().run()
        )
        kept = [entry for entry in before if entry.kind != "training"]
        if len(self.space.entries()) < len(before) + len(kept):
            problems.append(f"of {len(kept)} saved things {len(self.space.entries()) - len(before)} came back")
        return problems

    # what must hold -------------------------------------------------------------------------------------------------

    def _do(self, step: str, key: str, act: Callable[[], Any], chosen: Any = None) -> list[str]:
        before, page = url(self.app), title(self.app)
        self.steps.append(f"{step}, on {page!r}")
        allowed = tuple(part for begin, part in MAY_REFUSE if re.match(begin, key))
        self.session.allowed += allowed
        if self.session.panel:  # AppTest does not send that it is open
            self.app.session_state[self.session.panel] = True
        act()
        if title(self.app) != page:  # what was refused on a page stays until it is left
            self.session.panel, self.session.allowed = "", allowed
        problems = self._after(self.session, key, before)
        if chosen is not None and title(self.app) == page and not problems:
            shown = next((shown_by(one) for one in self.widgets(*CHOICES) if one.key == key), chosen)
            if shown != chosen:
                problems.append(f"{chosen!r} was chosen in {key}, {shown!r} is shown")
        return problems

    def _after(self, session: Session, key: str, before: dict[str, str] | None) -> list[str]:
        app = session.app
        allowed = session.allowed + _refused_by(url(app))
        problems = [text for text in problems_on(app) if not _is_expected_refusal(text, allowed)]
        if problems or not app.title:
            return problems or ["the page has no title"]
        follow_page(app, FILES[title(app)])
        now = url(app)
        if before is not None and not ("job" in before and "job" not in now):  # a job that ended opens its run
            free = {name for begin, names in MAY_CHANGE if re.match(begin, key) for name in names}
            kept = {name for name in before if name not in ("job", "tab", "mode")}  # the menu leaves the presenter
            lost = {name for name in kept if now.get(name) != before[name]} - free
            gone = {kind for kind in ("run", "dataset") if _is_deleted(kind, before) and kind not in now}
            lost -= gone | ({"target", "source"} if "run" in gone else set())
            came = {name for name in now if name not in before and name not in ("job", "tab", *OPENED)} - free
            problems += [
                f"{name} was {before.get(name)!r} and is {now.get(name)!r} now" for name in sorted(lost | came)
            ]
        session.remember()
        problems += self._links(app, now) + self._shown(app, now) + self._bounds(app)
        return problems or self._check_fresh_session(app, now)

    def _links(self, app: AppTest, now: dict[str, str]) -> list[str]:
        """The menu carries all of the URL but open tab, presenter mode and deleted work: of a run, also its users."""
        left = {"tab", "mode"} | (set(OPENED) if _is_deleted("run", now) else set())
        left |= {"dataset"} if _is_deleted("dataset", now) else set()
        want = {name: value for name, value in now.items() if name not in left} | job_parameter(app)
        carried = [dict(parse_qsl(link.proto.query_string)) for link in app.sidebar.get("page_link")]
        return [f"the menu carries {one}, the URL says {want}" for one in carried[:1] if one != want]

    def _shown(self, app: AppTest, now: dict[str, str]) -> list[str]:
        """Pickers, mixer and users on screen are those of the URL; of deleted work a sentence says that it is gone."""
        found = []
        for kind in ("run", "dataset"):
            if _is_deleted(kind, now):
                if app.title and not any(now[kind] in str(warning.value) for warning in app.warning):
                    found.append(f"the page does not say that the {kind} {now[kind]!r} of the URL is no longer saved")
                continue
            for box in app.get("selectbox"):
                if str(box.key).startswith(f"frame_{kind}_") and now.get(kind, box.value or "") != (box.value or ""):
                    found.append(f"the picker of {kind} shows {box.value!r}, the URL says {now.get(kind)!r}")
        shown = mixer(app)
        if shown is None:
            return found
        for name, default in (("alpha", 0.3), ("k", 10)):
            if abs(float(shown[name]) - float(now.get(name, default))) > 1e-6:
                found.append(f"the mixer shows {name} = {shown[name]}, the URL says {now.get(name, default)}")
        for side in ("target", "source"):
            kind, _, who = now.get(side, "").partition(":")
            if kind == "user" and who not in json.dumps(shown[side], ensure_ascii=False):
                found.append(f"the mixer's {side} is not {who}")
            if kind == SEVERAL and not all(user in shown[side]["name"] for user in SeveralUsers.parse(now[side]).ids):
                found.append(f"the mixer's {side} is {shown[side]['name']!r}, the URL says {now[side]!r}")
        return found

    def _check_fresh_session(self, app: AppTest, now: dict[str, str]) -> list[str]:
        """The same URL in a fresh session shows the same list."""
        shown = mixer(app)
        if shown is None:
            return []
        spoken = {} if title(app).isascii() else {"lang": "zh"}  # chosen in this session: after Back no URL says it
        fresh = visit(FILES[title(app)], {**spoken, **now}, OWN_SPACE)
        again = mixer(fresh)
        found = [text for text in problems_on(fresh) if not _is_expected_refusal(text, _refused_by(now))]
        problems = [f"in a fresh session: {text}" for text in found]
        if problems or again is None:
            return problems or [f"a fresh session shows no list for {now}"]
        other = {name: (shown[name], again[name]) for name in LISTED if again[name] != shown[name]}
        return [f"a fresh session shows another list for {now}: {str(other)[:600]}"] if other else []

    def _check_other_visitor(self, session: Session, params: dict[str, str]) -> list[str]:
        """Another user may see what the URL shares, and nothing that is saved here."""
        allowed = ("must be saved here", "must be one of", "cohort", "group", *_refused_by(params))
        problems = [
            f"for another user: {text}" for text in problems_on(session.app) if not _is_expected_refusal(text, allowed)
        ]
        pages = [visit(file, {}, OTHER_SPACE) for file in ("app.py", *(BY_KEY[key].file for key in WITH_PICKERS))]
        problems += [f"for another user: {text}" for app in pages for text in problems_on(app)]
        own = {(entry.kind, " ".join(entry.name.split())) for entry in self.space.entries()}
        own -= {(entry.kind, entry.name) for entry in state.workspace().space(OTHER_SPACE).entries()}
        shown = {one for app in (session.app, *pages) for one in names_of_saved(app)}
        return problems + [f"another user sees the {kind} {name!r}" for kind, name in sorted(own & shown)]

    def _bounds(self, app: AppTest) -> list[str]:
        keys = (
            list(app.session_state._state._state.filtered_state) if hasattr(app.session_state._state, "_state") else []
        )
        queue = state.jobs()
        mine = queue.of(OWN_SPACE)
        # The jobs of all spaces themselves: one that waits for an equal one is shown as running.
        at_work = sum(job.state == "running" for job in tuple(queue._jobs.values()))
        held = reachable_objects([app.session_state[key] for key in keys if key in app.session_state])
        sizes = {
            "threads": (threading.active_count(), THREADS),
            "keys of the session": (len(keys), KEYS),
            "MB of the session": (size_in_bytes(held) / 1e6, MEGABYTES),
            "datasets in the session": (sum(isinstance(one, Dataset) for one in held), 0),
            "jobs waiting or running": (sum(job.active for job in mine), JOBS),
            "jobs running": (at_work, AT_ONCE),
            "jobs in all": (len(mine), STARTED * len(self.steps)),
            "MB of uploads": (uploads().bytes / 1e6, UPLOADED + SAMPLE * self.samples),
        }
        found = [f"{value:.3g} {what}, more than {most}" for what, (value, most) in sizes.items() if value > most]
        theirs = [entry for entry in state.workspace().space(OTHER_SPACE).entries() if entry.kind != "map"]
        found += [f"the {entry.kind} {entry.name!r} is in another user's space" for entry in theirs]
        return found


def _is_expected_refusal(text: str, allowed: tuple[str, ...]) -> bool:
    """Whether a problem is a refusal that the user brought about, in the language of the page."""
    if re.search("[一-鿿]", text):
        allowed += tuple(word for part in allowed for word in _in_chinese(part))
    return text.startswith("refused: ") and any(part in text.replace("\\", "") for part in allowed)


@cache
def _in_chinese(part: str) -> tuple[str, ...]:
    """What a refusal says in Chinese where it says this in English: of each rule that begins so, its longest part."""
    translated = [text for rule, text in catalogue("zh").items() if rule.startswith(part)]
    return tuple({max(re.split(r"\{[^}]*\}", text), key=len) for text in translated} - {""})


def _refused_by(params: dict[str, str]) -> tuple[str, ...]:
    """Parts of the refusals that a URL may bring about: nothing is left, no method can be fitted, no embeddings."""
    nothing_left = ("must leave something to recommend",) if any(params.get(name) for name in FILTERS) else ()
    sides = f"{params.get('target', '')} {params.get('source', '')}"
    no_embeddings = ("needs a model with user embeddings", "must have user embeddings")
    typical = no_embeddings if "!medoid" in sides or "near:" in sides else ()
    return nothing_left + typical + (("must",) if "method" in params else ())


def _is_deleted(kind: str, params: dict[str, str]) -> bool:
    """Whether the run or dataset of a URL is no longer saved."""
    wanted = params.get(kind, "")
    if wanted in ("", SAMPLE_RUN):
        return False
    try:
        state.workspace().find(wanted, kind)
    except StudioError:
        return True
    return False
