"""The state of a page: the view in the URL, the visitor's space, the job queue of the server.

The URL holds dataset, run, target, source, alpha, k, tab, job, beside, cases, language, class, guide, and the rules of
recommending: the same link shows the same view to every visitor of this server. The space (the visitor's saved work) is
named by a random cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from recsys.cases.rules import NO_RULES, Rules, check_length, parse_number, read_rules
from recsys.errors import InputError, StudioError
from recsys.jobs.processes import Limits, ProcessRunner, available_cores, available_memory
from recsys.jobs.queue import JobQueue
from recsys.jobs.ray_runner import RayRunner
from recsys.jobs.runner import ThreadRunner
from recsys.jobs.trainings import THREADS
from recsys.wording import Message, tr
from recsys.workspace import Space, Workspace, account_id
from recsys.workspace.classes import close_old
from ui.components.cookies import set_cookies
from ui.language import COOKIE as LANGUAGE_COOKIE
from ui.language import chosen_language
from ui.shell.log import start_log

ROOT = Path(__file__).resolve().parents[2]
SPACE_COOKIE, PASS_COOKIE = "studio_space", "studio_pass"
_STORED = "cookies_stored"  # in the session: whether it has written cookies
DEFAULT_JOBS = "process"  # where jobs run, see `jobs`
_SPACE = re.compile(r"[0-9a-f]{32}")


MAX_VALUE_LENGTH = 4_000  # characters of one value in a link: a composed user may have twelve long item ids


@dataclass(frozen=True)
class View:
    """The state in the URL.

    Attributes:
        dataset, run, job: ids of the workspace and of the job queue.
        beside: the transfer method whose list Transfer shows beside that of the rules; "" for none.
        cases: the ids of the two saved cases that Transfer compares, `A~B`; "" for the newest two.
        target, source: `user:<user id>`, `group:<cohort id>`, `cluster:<n>` … (see `ui.transfer.parties`).
        lang: of the interface: "zh"; "" for the one chosen before, or the browser's.
        code: of the class that the visitor takes part in.
        mode: how Learn is shown: "present" for the presenter; "" otherwise.
        guide: the tour or story that is open, and its step: "tour.2".
        problems: a sentence for each value that was refused.
    """

    dataset: str = ""
    run: str = ""
    target: str = ""
    source: str = ""
    alpha: float = 0.3
    k: int = 10
    tab: str = ""
    job: str = ""
    beside: str = ""
    cases: str = ""
    lang: str = ""
    code: str = ""
    mode: str = ""
    guide: str = ""
    rules: Rules = NO_RULES
    problems: tuple[str, ...] = field(default=(), compare=False)

    def params(self) -> dict[str, str]:
        """As query parameters: only the values that differ from the default."""
        default = View()
        values = {name: getattr(self, name) for name in PARAMETERS if getattr(self, name) != getattr(default, name)}
        written = {name: f"{value:.6g}" if isinstance(value, float) else str(value) for name, value in values.items()}
        return written | self.rules.params()

    def link_params(self) -> dict[str, str]:
        """The query parameters of a link to another page: all but the open tab and the presenter mode."""
        return replace(self, tab="", mode="").params()


_WRITTEN, _DRAWN = "view_written", "view_drawn"  # in the session: the view last written to the URL, and last drawn
_URL = "view_url"  # in the session: the query parameters with which the whole page ran, or those written since
_REPLACED = "view_replaced"  # in the session: query parameters replaced since the whole page ran, which it will again
PARAMETERS = (
    *("dataset", "run", "target", "source", "alpha", "k", "tab", "job", "beside", "cases"),
    *("lang", "code", "mode", "guide"),  # the language; of Learn; the guide that is open
)


def read_view() -> View:
    """The view in the URL. Values that break a rule are refused with a sentence, and the default is used."""
    values: dict[str, object] = {}
    problems = []
    texts = st.query_params.to_dict()
    for name, text in texts.items():
        try:
            if name == "alpha":
                values[name] = parse_number(text, "alpha", 0.0, 1.0)
            elif name == "k":
                values[name] = int(parse_number(text, "k", 1, 100))
            elif name in PARAMETERS:
                values[name] = check_length(text, name, MAX_VALUE_LENGTH)
        except InputError as error:
            problems.append(tr(error.message))
    rules, refused = read_rules(texts)
    return View(**values, rules=rules, problems=(*problems, *map(tr, refused)))  # type: ignore[arg-type]


def begin_view() -> None:
    """Takes over the URL with which the whole page runs.

    After a change of the view the whole page runs again. When a request of the browser joins that run, it brings the
    URL that the browser knew, which was just replaced: the one that was written stays. A new one is sent back, because
    the browser’s address does not follow a link to the page that is open.
    """
    replaced, known = st.session_state.pop(_REPLACED, []), st.session_state.get(_URL)
    brought = st.query_params.to_dict()
    if known is not None and brought in replaced:
        st.query_params.from_dict(known)
    elif known is not None and brought != known:
        st.query_params.from_dict(brought)
    st.session_state[_URL] = st.query_params.to_dict()


def write_view(view: View) -> None:
    """Puts the view into the URL."""
    before = st.query_params.to_dict()
    st.query_params.from_dict(view.params())
    st.session_state[_URL] = st.query_params.to_dict()
    st.session_state[_WRITTEN] = view.link_params()
    if not is_view_drawn():  # otherwise the page does not run again, and Back may lead to the URL of before
        st.session_state.setdefault(_REPLACED, []).append(before)


def restore_url() -> None:
    """Gives a fragment, at its begin, the URL that was written last.

    A browser that asks for a fragment, as a timer does, sends the URL that it knows: perhaps the one before the last
    change. Another URL of the visitor's (Back, a link) runs the whole page.
    """
    known = st.session_state.get(_URL)
    if known is not None and is_fragment_run() and st.query_params.to_dict() != known:
        st.query_params.from_dict(known)


def is_fragment_run() -> bool:
    """Whether only fragments of the page run."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def set_drawn_view(view: View) -> None:
    """Records that menu and pickers show this view."""
    st.session_state[_WRITTEN] = st.session_state[_DRAWN] = view.link_params()


def is_view_drawn() -> bool:
    """Whether menu and pickers show the view of the URL: False once `write_view` has changed it."""
    return bool(st.session_state.get(_WRITTEN) == st.session_state.get(_DRAWN))


@st.cache_resource
def workspace() -> Workspace:
    """The workspace of this server: in the folder STUDIO_HOME, or `workspace/` beside the app.

    Raises:
        StudioError: that is no folder which the app can use, or STUDIO_SPACE_MB is no number of megabytes.
    """
    size = megabytes_set("STUDIO_SPACE_MB", 2_000_000_000)
    try:
        opened = Workspace(Path(os.environ.get("STUDIO_HOME") or ROOT / "workspace"), size)
        opened.sweep()
    except OSError as error:
        rule = Message("must be a folder that the app may write to")
        raise StudioError("STUDIO_HOME", rule, error.strerror, "Start the server with another folder.") from error
    return opened


@st.cache_data(ttl=3_600, max_entries=1, show_spinner=False)
def delete_expired_classes(root: Path) -> None:
    """Deletes what is left of classes that were opened more than 30 days ago; once an hour, when a page is opened."""
    close_old(root)


@st.cache_resource
def jobs() -> JobQueue:
    """The job queue of this server. It is created once, so logging starts here.

    STUDIO_JOBS says where jobs run: "process" (the default) or "thread"; STUDIO_JOB_MB, how much memory each may take.
    STUDIO_TRAININGS trainings run side by side; by default as many as there are cores for.
    With STUDIO_RAY jobs run on the Ray cluster of that address, as many side by side as there are cores.
    """
    start_log()
    if address := os.environ.get("STUDIO_RAY", ""):
        limits = Limits(memory=_job_memory(), keep=60.0, threads=THREADS, attempts=4)
        cluster = RayRunner(workspace(), limits, address)
        queue = JobQueue(runner=cluster, slots=cluster.slots)
        cluster.changed = queue.dispatch
        return queue
    where = os.environ.get("STUDIO_JOBS") or DEFAULT_JOBS
    if where not in ("process", "thread"):
        raise StudioError("STUDIO_JOBS", "must be process or thread", where, "Start the server with one of them.")
    if where == "thread":
        return JobQueue(runner=ThreadRunner(workspace()))
    trainings = _trainings()
    limits = Limits(memory=_job_memory(), threads=THREADS)
    runner = ProcessRunner(workspace(), limits, side_by_side=trainings)
    return JobQueue(workers=trainings + 1, trainings=trainings, runner=runner)


def _trainings() -> int:
    """How many trainings run side by side: STUDIO_TRAININGS, or as many as there are cores for."""
    given = os.environ.get("STUDIO_TRAININGS", "")
    if given and not (given.isdecimal() and 1 <= int(given) <= 100):
        rule = Message("must be a whole number from {low} to {high}", low=1, high=100)
        raise StudioError("STUDIO_TRAININGS", rule, given, "Start the server with such a number.")
    return int(given) if given else max(1, available_cores() // THREADS)


def _job_memory() -> int:
    """Bytes that a job may take: STUDIO_JOB_MB, or three quarters of the memory there is."""
    return megabytes_set("STUDIO_JOB_MB", int(0.75 * available_memory()))


def megabytes_set(variable: str, otherwise: int) -> int:
    """The bytes of an environment variable in megabytes. Raises StudioError for anything else than such a number."""
    given = os.environ.get(variable, "")
    if given and not (re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", given) and float(given)):
        rule = Message("must be a number of megabytes above 0")
        raise StudioError(variable, rule, given, "Start the server with a number such as 2000.")
    return int(float(given) * 1e6) if given else otherwise


def current_space() -> Space:
    """The visitor's space: that of the account when signed in, else the one named by a random cookie."""
    if (account := _account()) is not None:
        return workspace().space(account)
    return workspace().space(_browser_token())


def _browser_token() -> str:
    """The random name of this browser's space: from its cookie, or a new one."""
    token = str(st.session_state.get("space") or _cookie(SPACE_COOKIE))
    if not _SPACE.fullmatch(token):
        token = secrets.token_hex(16)
    st.session_state["space"] = token
    return token


def browser_space() -> Space | None:
    """The space named by the cookie of this browser, signed in or not; None without a cookie."""
    token = _cookie(SPACE_COOKIE)
    return workspace().space(token) if _SPACE.fullmatch(token) else None


def signed_in() -> bool:
    """Whether the visitor has signed in with an account (OIDC, through `st.login`)."""
    return bool(getattr(st.user, "is_logged_in", False))


def store_cookies() -> None:
    """Stores in cookies: the name of this browser's space, that the class password was entered, the chosen language.

    An account's space needs no cookie: for the signed-in only the other two are stored, beside the browser's name.

    When a new browser opens two tabs at once, each gets a space and one of the two cookies remains. The other tab
    learns the remaining cookie from its browser, and its space is joined to that one.
    """
    token, lang = _browser_token(), chosen_language()
    others = {PASS_COOKIE: _password_digest(token)} if class_password() else {}
    others |= {LANGUAGE_COOKIE: lang} if lang else {}
    known = all(_cookie(name) == value for name, value in ({SPACE_COOKIE: token} | others).items())
    if (known and not st.session_state.get(_STORED)) or (signed_in() and not others):
        return
    st.session_state[_STORED] = True  # the cookies of this session's first request are no longer what is stored
    stored = set_cookies(SPACE_COOKIE, token, others)
    if _SPACE.fullmatch(stored) and stored != token:
        if not signed_in():
            _join_spaces(token, stored)
        st.session_state["space"] = stored
        st.rerun()


def _join_spaces(tab_space: str, browser_space: str) -> None:
    """Joins the space of a tab to that of its browser; in the other direction while a training writes checkpoints."""
    old, new = workspace().space(tab_space).id, workspace().space(browser_space).id
    if any(job.kind == "train" and job.state == "running" for job in jobs().of(old)):
        old, new = new, old
    workspace().join(old, new)
    jobs().join(old, new)


def class_run() -> str:
    """The id of the run that is offered to all visitors, from STUDIO_CLASS_RUN; "" for none."""
    return os.environ.get("STUDIO_CLASS_RUN", "")


def class_password() -> str:
    """The password of the class, from STUDIO_SECRET; "" when none is required."""
    return os.environ.get("STUDIO_SECRET", "")


def has_access() -> bool:
    """Whether the visitor may use the app: no password is set, or it was entered in this session or browser."""
    if not class_password() or st.session_state.get("admitted"):
        return True
    digest, token = _cookie(PASS_COOKIE), _cookie(SPACE_COOKIE)
    return bool(token) and hmac.compare_digest(digest.encode(), _password_digest(token).encode())


def enter_password(given: str) -> None:
    """Grants access to this session. Raises StudioError when the password is wrong."""
    if not hmac.compare_digest(given.encode(), class_password().encode()):
        raise StudioError(
            "Wrong class password:", "it must be the one set on this server", fix="Ask your teacher for it."
        )
    st.session_state["admitted"] = True


def _cookie(name: str) -> str:
    return str(st.context.cookies.get(name, ""))


def _password_digest(token: str) -> str:
    return hmac.new(class_password().encode(), token.encode(), hashlib.sha256).hexdigest()


def _account() -> str | None:
    """The space id of the signed-in account, None when nobody is signed in. No cookie can name such a space."""
    if not signed_in():
        return None
    return account_id(workspace().root, str(st.user.get("iss") or ""), str(st.user.get("sub") or ""))
