"""What a page knows of its visitor: the view in the URL, the own space behind a cookie, the shared queue of jobs.

The URL is the state: dataset, run, target, source, alpha, k, tab, job, and the rules of recommending. Whoever opens the
same link on this server sees the same view. The space (what a person has saved) is not in the URL: it is named by a
random cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.errors import InputError, StudioError
from recsys.jobs.queue import JobQueue
from recsys.workspace import Space, Workspace, account_id
from ui.components.cookies import set_cookies
from ui.shell.log import start_log
from ui.shell.rules import NO_RULES, Rules, number, read_rules, short

ROOT = Path(__file__).resolve().parents[2]
SPACE_COOKIE, PASS_COOKIE = "studio_space", "studio_pass"
_SPACE = re.compile(r"[0-9a-f]{32}")


LONGEST = 4_000  # characters of one value in a link: a new person may be made of twelve long item ids


@dataclass(frozen=True)
class View:
    """The part of the state that is in the URL. Ids are the workspace's; target and source are written
    `user:<user id>`, `group:<cohort id>`, `cluster:<n>` …; problems are sentences about values that were refused."""

    dataset: str = ""
    run: str = ""
    target: str = ""
    source: str = ""
    alpha: float = 0.3
    k: int = 10
    tab: str = ""
    job: str = ""
    rules: Rules = NO_RULES
    problems: tuple[str, ...] = field(default=(), compare=False)

    def params(self) -> dict[str, str]:
        """As query parameters: what differs from the default only, so that links stay short."""
        default = View()
        values = {name: getattr(self, name) for name in PARAMETERS if getattr(self, name) != getattr(default, name)}
        written = {name: f"{value:.6g}" if isinstance(value, float) else str(value) for name, value in values.items()}
        return written | self.rules.params()

    def links(self) -> dict[str, str]:
        """The query parameters that keep the view on the way to another page: all but the open tab."""
        return replace(self, tab="").params()


_WRITTEN, _DRAWN = "view_written", "view_drawn"  # in the session: the links of the view last written, and drawn
PARAMETERS = ("dataset", "run", "target", "source", "alpha", "k", "tab", "job")


def read_view() -> View:
    """The view in the URL. Values that break a rule are refused with a sentence, and the default is used."""
    values: dict[str, object] = {}
    problems = []
    texts = st.query_params.to_dict()
    for name, text in texts.items():
        try:
            if name == "alpha":
                values[name] = number(text, "alpha", 0.0, 1.0)
            elif name == "k":
                values[name] = int(number(text, "k", 1, 100))
            elif name in PARAMETERS:
                values[name] = short(text, name, LONGEST)
        except InputError as error:
            problems.append(str(error))
    rules, refused = read_rules(texts)
    return View(**values, rules=rules, problems=(*problems, *refused))  # type: ignore[arg-type]


def write_view(view: View) -> None:
    """Puts the view into the URL."""
    st.query_params.from_dict(view.params())
    st.session_state[_WRITTEN] = view.links()


def drawn(view: View) -> None:
    """Notes that the menu and the pickers on screen show this view."""
    st.session_state[_WRITTEN] = st.session_state[_DRAWN] = view.links()


def is_drawn() -> bool:
    """Whether the menu on screen still shows the view: False once `write_view` has put another one into the URL."""
    return bool(st.session_state.get(_WRITTEN) == st.session_state.get(_DRAWN))


def change_view(**changes: Any) -> None:
    """Changes the view in the URL: for callbacks of widgets, which run before the page and its menu are drawn."""
    write_view(replace(read_view(), **changes))


@st.cache_resource
def workspace() -> Workspace:
    """The folder everything saved lives in: STUDIO_HOME, or `workspace/` beside the app."""
    megabytes = float(os.environ.get("STUDIO_SPACE_MB", "2000"))
    opened = Workspace(Path(os.environ.get("STUDIO_HOME", ROOT / "workspace")), int(megabytes * 1e6))
    opened.sweep()
    return opened


@st.cache_resource
def jobs() -> JobQueue:
    """The one queue of this server. It is made once, so the log begins with it."""
    start_log()
    return JobQueue(workers=2)


def own_space() -> Space:
    """This visitor's space: the account's when signed in, else one named by a random cookie made on first visit."""
    if (account := _account()) is not None:
        return workspace().space(account)
    token = str(st.session_state.get("space") or _cookie(SPACE_COOKIE))
    if not _SPACE.fullmatch(token):
        token = secrets.token_hex(16)
    st.session_state["space"] = token
    return workspace().space(token)


def browser_space() -> Space | None:
    """The space that this browser's cookie names, whoever is signed in; None without a cookie."""
    token = _cookie(SPACE_COOKIE)
    return workspace().space(token) if _SPACE.fullmatch(token) else None


def signed_in() -> bool:
    """Whether the visitor has signed in with an account (OIDC, through `st.login`)."""
    return bool(getattr(st.user, "is_logged_in", False))


def remember_space() -> None:
    """Has the browser keep the name of this visitor's space, where it doesn't yet. An account needs no cookie.

    A new browser may open two tabs at once: each is given a space, and one of the two cookies stays. The tab whose
    cookie did not stay is told so by its browser, and its space joins the one that did.
    """
    token = str(st.session_state.get("space", ""))
    if not token or _account() is not None or _cookie(SPACE_COOKIE) == token:
        return
    stays = set_cookies(SPACE_COOKIE, token, {PASS_COOKIE: _stamp(token)} if class_secret() else {})
    if _SPACE.fullmatch(stays) and stays != token:
        _join(token, stays)
        st.session_state["space"] = stays
        st.rerun()


def _join(mine: str, stays: str) -> None:
    """Makes this tab's space and its browser's one. A running training writes its checkpoint where it began."""
    gone, kept = workspace().space(mine).id, workspace().space(stays).id
    if any(job.kind == "train" and job.state == "running" for job in jobs().of(gone)):
        gone, kept = kept, gone
    workspace().join(gone, kept)
    jobs().join(gone, kept)


def class_run() -> str:
    """The run everybody may open, from STUDIO_CLASS_RUN (the id in the teacher's link); "" where none is shown."""
    return os.environ.get("STUDIO_CLASS_RUN", "")


def class_secret() -> str:
    """The shared secret of a class, from STUDIO_SECRET; "" means that the door is open."""
    return os.environ.get("STUDIO_SECRET", "")


def admitted() -> bool:
    """Whether the visitor may come in: no secret is set, or it was given in this session or before in this browser."""
    if not class_secret() or st.session_state.get("admitted"):
        return True
    stamp, token = _cookie(PASS_COOKIE), _cookie(SPACE_COOKIE)
    return bool(token) and hmac.compare_digest(stamp.encode(), _stamp(token).encode())


def admit(given: str) -> None:
    """Lets the visitor in, or raises StudioError."""
    if not hmac.compare_digest(given.encode(), class_secret().encode()):
        raise StudioError("the class secret", "is another one", fix="Ask your teacher for it.")
    st.session_state["admitted"] = True


def _cookie(name: str) -> str:
    return str(st.context.cookies.get(name, ""))


def _stamp(token: str) -> str:
    return hmac.new(class_secret().encode(), token.encode(), hashlib.sha256).hexdigest()


def _account() -> str | None:
    """The space id of the signed-in account, None when nobody is signed in. No cookie of ours can name such a space."""
    if not signed_in():
        return None
    return account_id(workspace().root, str(st.user.get("iss") or ""), str(st.user.get("sub") or ""))
