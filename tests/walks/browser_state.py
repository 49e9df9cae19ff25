"""What a random user has chosen, and what must hold on screen after each action.

A `Tab` keeps what was chosen in it (`Chosen`); `problems` compares that with the URL, the menu's links and the page.
A field that nobody chose is None: the first value that is shown becomes the chosen one, so that it must stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from recsys.cases.rules import Rules
from tests.browser.screen import Log, Screen, at_rest

PAGES = {
    "": "home",
    "Data": "data",
    "Train": "train",
    "Embeddings": "embeddings",
    "Transfer": "transfer",
    "Evaluate": "evaluate",
    "Explain": "explain",
    "Learn": "learn",
}
VIEW = {"width": 1280, "height": 900}
PATIENCE = 60  # seconds until a page must have stopped running
ALPHA_STEP = 6e-4  # the slider has steps of 0.001, the URL six digits

# When this page last told the server something, and last heard from it: a run that was asked for may not have begun.
_LISTEN = """
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => { window.heardAt = performance.now(); });
    }
    send(message) {
      window.toldAt = performance.now();
      super.send(message);
    }
  };
"""

# Resolves once the page has been answered and has not been running for a moment.
_REST = at_rest(
    "(window.toldAt ?? 0) > (window.heardAt ?? 0)"
    " || !document.querySelector('[data-testid=stSidebar] a, [class*=st-key-studio_error_]')"
)


@dataclass
class Chosen:
    """What was chosen in one tab, as the URL writes it. None: nobody chose it yet."""

    run: str | None = None
    dataset: str | None = None
    target: str | None = None
    source: str | None = None
    alpha: str | None = None
    k: str | None = None
    beside: str | None = None  # the transfer method of the second list
    interests: str | None = None  # the weights of the source's interests
    part: str = ""  # the open tab of the page, as the URL names it
    rules: dict[str, str] | None = None  # as the URL writes them
    widgets: dict[str, str] = field(default_factory=dict)  # of the rules: key -> what it shows

    def forget(self, *names: str) -> None:
        """Takes over for these fields whatever is shown next."""
        for name in names:
            setattr(self, name, "" if name == "part" else None)
            if name == "rules":
                self.widgets = {}
            if name in ("run", "dataset", "target", "source", "rules"):
                self.interests = None  # weights belong to one source


DEFAULTS = {"alpha": "0.3", "k": "10"}
NAMES = tuple(one.name for one in fields(Chosen) if one.name not in ("rules", "part", "widgets"))
RULES = tuple(rule.name for rule in fields(Rules) if rule.name != "interests")  # they are among NAMES


@dataclass
class Tab:
    """One tab of the browser."""

    page: Page
    screen: Screen
    chosen: Chosen = field(default_factory=Chosen)
    job: str = ""  # the job in the URL at the last look; "shown" for a training that Train shows without it
    where: str = ""  # the page (a value of PAGES) at the last look
    named: set[tuple[str, str]] = field(default_factory=set)  # (id, name) as the pickers showed them at the last look
    accepted: set[str] = field(default_factory=set)  # mark and text of each refusal expected on this page


@dataclass
class User:
    """A random user: one browser context (a space of its own), its tabs, and what is known of what it did.

    Attributes:
        names: shown name by end as the URL writes it ("user:…", "group:…"), as first seen: it must not change.
        lists: what each URL of Transfer listed here, to be compared with other browsers.
        refusals: parts of refusals that the last action may have caused.
        gone: ids that were deleted.
        downloads: files that were taken away.
        other: a page of another browser, in which URLs of this one are opened.
        home: the server's STUDIO_HOME, in which the names of saved things are read.
        class_run: the server's STUDIO_CLASS_RUN.
        noise_again: whether noise was drawn again: another space's draws are others then.
    """

    browser: Browser
    address: str
    log: Log
    context: BrowserContext
    folder: Path
    tabs: list[Tab] = field(default_factory=list)
    at: int = 0
    names: dict[tuple[str | None, str], str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    gone: set[str] = field(default_factory=set)
    downloads: list[Path] = field(default_factory=list)
    other: tuple[Page, Screen] | None = None
    home: Path = Path()
    class_run: str = ""
    noise_again: bool = False

    @property
    def tab(self) -> Tab:
        return self.tabs[self.at]

    @property
    def page(self) -> Page:
        return self.tab.page

    @property
    def where(self) -> str:
        return place(self.page.url)[0]

    def open_tab(self, url: str) -> Tab:
        """A new tab of the same browser on this URL; it becomes the current one."""
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        tab = Tab(page, Screen(page, self.log))
        self.tabs.append(tab)
        self.at = len(self.tabs) - 1
        page.goto(url)
        return tab


def new_user(browser: Browser, address: str, log: Log, folder: Path, home: Path, class_run: str = "") -> User:
    """A user who has just opened Home in a browser that was never here."""
    context = _context(browser)
    user = User(browser, address, log, context, folder, home=home, class_run=class_run)
    user.open_tab(address)
    return user


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport=VIEW, reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_init_script(_LISTEN)
    return context


# reading a page -------------------------------------------------------------------------------------------------------


def place(url: str) -> tuple[str, dict[str, str]]:
    """The page a URL names (a value of PAGES) and its query parameters."""
    parts = urlsplit(url)
    return PAGES.get(parts.path.strip("/"), parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()}


def rules_of(said: dict[str, str]) -> dict[str, str]:
    """The rules of recommending among query parameters."""
    return {name: said[name] for name in RULES if name in said}


def rest(page: Page, pause: int = 300) -> bool:
    """Waits until the page has stopped running; whether it has."""
    return bool(page.evaluate(_REST, [pause, 1000 * PATIENCE]))


def keyed(page: Page, key: str) -> Locator:
    """The element of a widget's key; a key that ends in `*` is the beginning of one."""
    if key.endswith("*"):
        return page.locator(f'[class*="st-key-{key[:-1]}"]')
    return page.locator(f".st-key-{key}")


def listed(page: Page, which: str = ":not(.second)") -> list[str]:
    """The recommendations as they stand on screen, from the top down; with `.second` those of the second method."""
    rows = page.locator(f".mixer .ranked{which} li").evaluate_all(
        "rows => rows.filter(r => r.checkVisibility())"
        ".map(r => [r.getBoundingClientRect().top, r.querySelector('.title').textContent])"
    )
    return [title for _, title in sorted(rows)]


def both_lists(page: Page) -> list[str]:
    """The recommendations on screen, then those of the method beside it."""
    return listed(page) + listed(page, ".second")


def slot(page: Page, name: str) -> str:
    """A named text of the mixer."""
    return str(page.locator(f"[data-slot={name}]").first.inner_text()).strip()


def same(name: str, wanted: str, shown: str) -> bool:
    """Whether two values of a field mean the same."""
    if name == "alpha":
        return abs(float(wanted) - float(shown)) <= ALPHA_STEP
    return wanted == shown


# what must hold -------------------------------------------------------------------------------------------------------


def problems(user: User) -> list[str]:
    """What is wrong after an action, in words; fields that nobody chose take over what is shown."""
    tab = user.tab
    if not rest(tab.page):
        return [f"the page is still running after {PATIENCE} s"]
    found, on_screen = unexpected(tab.screen.wrong(), tab.accepted, lambda told: _may_be(user, told))
    stays = user.where == tab.where  # until the page is left, a refusal comes again with the tab in which it stands
    tab.accepted, user.refusals = on_screen | (tab.accepted if stays else set()), ()
    for _ in range(3):
        looked_at, chosen, job, where = tab.page.url, replace(tab.chosen), tab.job, tab.where
        shown = _what_is_shown(user)
        # `page.url` follows the browser after a moment only
        if not (job or tab.job) or (not shown and tab.page.evaluate("location.href") == looked_at):
            break
        rest(tab.page)  # a job may have ended while the page was being read, and opened its run: both are read again
        tab.chosen, tab.job, tab.where = chosen, job, where
    return found + shown


def unexpected(told: list[str], accepted: set[str], may_be: Callable[[str], bool]) -> tuple[list[str], set[str]]:
    """What `Screen.wrong` tells that no action has brought about, and the accepted boxes that are on screen.

    Args:
        accepted: the boxes (mark and text) that were accepted on this page before: they are accepted still.
        may_be: whether the last action may have caused it.
    """
    fine = [one for one in told if _box(one) in accepted or may_be(one)]
    on_screen = {_box(one) for one in fine if one.startswith(_ON_SCREEN)}
    return [one for one in told if one not in fine], on_screen


_ON_SCREEN, _FOR_A_WHILE = "on screen, ", "on screen for a while, "


def _box(told: str) -> str:
    """Mark and text of a box that `Screen.wrong` tells of."""
    return told.removeprefix(_ON_SCREEN).removeprefix(_FOR_A_WHILE)


def _what_is_shown(user: User) -> list[str]:
    """What of the URL, the menu, the page and its pickers is not what was chosen."""
    tab = user.tab
    _follow_jobs(tab)
    found = _url(tab) + _menu(user)
    found += {"transfer": _transfer, "explain": _explain, "embeddings": _embeddings}.get(tab.where, _nothing)(user)
    return found + _pickers(user)


def _may_be(user: User, told: str) -> bool:
    refused = "studio_error_refused" in told
    gone = user.gone | {getattr(user.tab.chosen, kind) for kind in _not_saved(user)}
    if refused and _NOTHING_LEFT in told and _filters(user.tab.chosen):
        return True
    sides = f"{user.tab.chosen.target} {user.tab.chosen.source}"
    if refused and _NO_EMBEDDINGS in told and ("!medoid" in sides or "near:" in sides):
        return True
    if refused and "method" in (user.tab.chosen.rules or {}) and keyed(user.page, "use_linear").count():
        return True
    return refused and (any(part in told for part in user.refusals) or any(entry in told for entry in gone))


_NO_EMBEDDINGS = "user embeddings"  # a link with such a user, carried to a run that counts
_NOTHING_LEFT = "must leave something to recommend"  # a target may know all items that a filter admits


def _filters(chosen: Chosen) -> bool:
    """Whether a rule leaves out items."""
    filters = ("scenario", "tag", "cold_items", "hide_source", "only", "block", "numbers", "period")
    return any((chosen.rules or {}).get(name) for name in filters)


def _not_saved(user: User) -> list[str]:
    """Which of "run" and "dataset" the URL names although it was deleted, or replaced by data cleaned in another way.

    Such a URL is reached by Back. The page says so and the menu leaves it out.
    """
    chosen = {kind: getattr(user.tab.chosen, kind) or "sample" for kind in ("run", "dataset")}
    spaces = user.home / "spaces"
    return [
        kind
        for kind, entry in chosen.items()
        if entry not in ("sample", user.class_run) and not any(spaces.glob(f"*/{kind}/{entry}/entry.json"))
    ]


def left_out_of_links(user: User) -> set[str]:
    """What the links of this page leave out: what is no longer saved; without its run also the users."""
    gone = set(_not_saved(user))
    return gone | ({"target", "source", "interests"} if "run" in gone else set())


def _nothing(user: User) -> list[str]:
    return []


def _follow_jobs(tab: Tab) -> None:
    """A job of the URL that has ended may have opened its result: then that is what was chosen."""
    where, said = place(tab.page.url)
    job = said.get("job", "")
    if tab.job and not job and tab.chosen.run != said.get("run"):
        tab.chosen.forget("run", "dataset", "target", "source")
    if where != tab.where:
        tab.chosen.part = said.get("tab", "")
    shown = "shown" if where == "train" and keyed(tab.page, "train_stop").count() else ""
    tab.job, tab.where = job or shown, where


def _url(tab: Tab) -> list[str]:
    said, found = place(tab.page.url)[1], []
    for name in NAMES:
        wanted, shown = getattr(tab.chosen, name), said.get(name, DEFAULTS.get(name, ""))
        if not wanted:
            setattr(tab.chosen, name, shown)
        elif not same(name, wanted, shown):
            found.append(f"{name}: {wanted!r} was chosen, the URL says {shown!r}")
    if tab.chosen.rules is None:
        tab.chosen.rules = rules_of(said)
    elif tab.chosen.rules != rules_of(said):
        found.append(f"rules: {tab.chosen.rules} were chosen, the URL says {rules_of(said)}")
    if tab.chosen.part != said.get("tab", ""):
        found.append(f"tab: {tab.chosen.part!r} was opened, the URL says {said.get('tab', '')!r}")
    return found


def _menu(user: User) -> list[str]:
    """Every link of the menu carries what was chosen and is still saved; without its run also no users."""
    tab, gone = user.tab, left_out_of_links(user)
    links = tab.page.locator("[data-testid=stSidebar] [data-testid=stPageLink] a")
    found = []
    # Streamlit writes href="" for Home without parameters, which `a.href` would read as the address of this page
    for href in links.evaluate_all("links => links.map(a => a.getAttribute('href') && a.href)"):
        where, said = place(href)
        for name in NAMES:
            wanted, shown = getattr(tab.chosen, name) or "", said.get(name, DEFAULTS.get(name, ""))
            if not same(name, "" if name in gone else wanted, shown):
                found.append(f"the menu’s link to {where} has {name} {shown!r}, chosen is {wanted!r}")
        if rules_of(said) != tab.chosen.rules:
            found.append(f"the menu’s link to {where} has the rules {rules_of(said)}, chosen are {tab.chosen.rules}")
    return found[:1]


def _pickers(user: User) -> list[str]:
    """The pickers show the names of dataset and run in the URL. A tab that has not run since may be behind.

    In place of what is no longer saved, a sentence with its id stands on the page.
    """
    tab, found, now = user.tab, list[str](), set[tuple[str, str]]()
    gone = _not_saved(user)
    for kind in ("dataset", "run"):
        box = keyed(tab.page, f"frame_{kind}_*").get_by_role("combobox")
        wanted = getattr(tab.chosen, kind)
        if not wanted or not box.count():
            continue
        if kind in gone:
            if wanted not in tab.page.get_by_test_id("stMain").inner_text():
                found.append(f"the {kind} {wanted} of the URL is no longer saved, and the page does not say so")
            continue
        shown, name = box.first.input_value(), name_of(user, kind, wanted)
        now.add((wanted, shown))
        if not is_called(shown, name) and (wanted, shown) not in tab.named:
            found.append(
                f"the picker of the {kind} shows {shown!r} though {wanted} is chosen, which is called {name!r}"
            )
    tab.named = now or tab.named
    return found


def own_space(user: User) -> Path:
    """The folder of the user's space in the server's home."""
    own = next((cookie["value"] for cookie in user.context.cookies() if cookie["name"] == "studio_space"), "")
    return user.home / "spaces" / (own or "none yet")


def saved_entries(user: User) -> list[dict[str, Any]]:
    """The descriptions of all that the user has saved, as the server's disk has them."""
    return [json.loads(file.read_text("utf-8")) for file in own_space(user).glob("*/*/entry.json")]


def name_of(user: User, kind: str, wanted: str) -> str:
    """The name of a saved dataset or run, as the server's disk has it; what stands for one that is not the user's."""
    if kind == "run" and wanted == "sample":
        return "Sample run"
    entry = own_space(user) / kind / wanted / "entry.json"
    if entry.is_file():
        return str(json.loads(entry.read_text("utf-8"))["name"])
    return "Class run" if kind == "run" and wanted == user.class_run else "Shared with you"


def is_called(shown: str, name: str) -> bool:
    """Whether a picker shows a name: numbered where two things have the same."""
    return re.fullmatch(rf"{re.escape(name)}( \(\d+\))?", shown) is not None


def _end(user: User, side: str, shown: str) -> list[str]:
    """A shown end is who was chosen, and is called as it was called before."""
    written = getattr(user.tab.chosen, side) or ""
    kind, _, value = written.partition(":")
    if kind == "user" and value not in shown:
        return [f"{side}: {value} was chosen, {shown!r} is shown"]
    if kind == "several" and any(one not in shown for one in value.split(":", 2)[2].split(",")):
        return [f"{side}: {written} was chosen, {shown!r} is shown"]
    if kind in ("group", "cluster", "column") and not written.endswith("!medoid"):
        known = user.names.setdefault((user.tab.chosen.run, written), shown)
        if known != shown:
            return [f"{side}: {written} was called {known!r}, now {shown!r}"]
    return []


def _transfer(user: User) -> list[str]:
    page, chosen, found = user.page, user.tab.chosen, []
    if not page.locator(".mixer").count():
        refused = page.get_by_test_id("stAlert").filter(has_text="protected source").count()  # with the way out
        if keyed(page, "empty_go").count() or not chosen.target or (refused and "epsilon" in (chosen.rules or {})):
            return []
        if page.get_by_test_id("stAlert").filter(has_text=_NOTHING_LEFT).count() and _filters(chosen):
            return [] if keyed(page, "transfer_rules").count() else ["the filter that leaves nothing can't be removed"]
        if keyed(page, "use_linear").count() and "method" in (chosen.rules or {}):
            return []  # a learned method can't score this pair, which is said, with the way out
        return ["there is no mixer on Transfer"]
    for side in ("target", "source"):
        if (getattr(chosen, side) or "").partition(":")[0] in ("user", "several", "group", "cluster", "column"):
            found += _end(user, side, slot(page, f"{side}-name"))
    alpha = slot(page, "alpha").removeprefix("α = ")
    if not same("alpha", chosen.alpha or "0.3", alpha):
        found.append(f"α = {chosen.alpha} was chosen, the mixer shows {alpha}")
    length = page.locator(".mixer select[data-do=k]").input_value()
    if length != chosen.k:
        found.append(f"k = {chosen.k} was chosen, the mixer shows {length}")
    rows = listed(page)
    if len(rows) > int(chosen.k or 10) or (len(set(rows)) < len(rows) and len(rows) > 50):
        found.append(f"{len(rows)} rows are listed for k = {chosen.k}")
    user.lists[page.url] = both_lists(page)
    return found + _second_list(user) + _rules(user)


def _second_list(user: User) -> list[str]:
    """The list of another method stands beside the first where one was chosen, or a warning says why it does not."""
    chosen, rules = user.tab.chosen, user.tab.chosen.rules or {}
    wanted = bool(chosen.beside) and chosen.beside != rules.get("method", "linear") and "what" not in rules
    shown = len(listed(user.page, ".second"))
    if not wanted:
        return [f"{shown} rows of a second method are listed, none was chosen"] if shown else []
    told = user.page.get_by_test_id("stAlertContentWarning").count()
    first = len(listed(user.page))
    if told or shown == first:
        return []
    return [f"beside the list of {first} rows, {chosen.beside} was chosen, and {shown} rows are shown"]


def _rules(user: User) -> list[str]:
    """The rules that were chosen are those on screen (the popover is opened to look only where there are any)."""
    rules = user.tab.chosen.widgets
    if not rules:
        return []
    with_rules = open_popover(user.page, "Rules")
    shown = {key: shown_in(keyed(user.page, key)) for key in rules}
    close_popover(user.page, with_rules)
    return [f"rule {key}: {rules[key]!r} was chosen, {value!r} is shown" for key, value in shown.items()
            if value != rules[key]]  # fmt: skip


def _explain(user: User) -> list[str]:
    page, chosen, found = user.page, user.tab.chosen, []
    who = keyed(page, "explain_who_*").get_by_role("combobox")
    kind, _, value = (chosen.target or "").partition(":")
    if kind == "user" and who.count() and who.first.input_value() != value:
        found.append(f"target: {value} was chosen, Explain shows {who.first.input_value()!r}")
    alpha = keyed(page, "explain_alpha").locator("input[type=range]")
    if alpha.count() and abs(float(alpha.first.input_value()) - float(chosen.alpha or 0.3)) > 0.0051:
        found.append(f"α = {chosen.alpha} was chosen, Explain shows {alpha.first.input_value()}")
    return found


def _embeddings(user: User) -> list[str]:
    """The line under the map names both ends."""
    found = []
    for side in ("target", "source"):
        line = user.page.get_by_test_id("stMain").get_by_text(re.compile(rf"{side.title()}: "))
        kind, _, value = (getattr(user.tab.chosen, side) or "").partition(":")
        if kind == "user" and line.count() and value not in line.first.inner_text():
            found.append(f"{side}: {value} was chosen, under the map stands {line.first.inner_text()!r}")
    return found


# popovers and the values of widgets -----------------------------------------------------------------------------------


def open_popover(page: Page, words: str) -> Locator:
    """Opens a popover of the main page by a part of its button's words; its body."""
    body = page.get_by_test_id("stPopoverBody")
    if body.count():
        close_popover(page, body.first)
    page.get_by_test_id("stMain").get_by_test_id("stPopover").locator("button:visible", has_text=words).first.click()
    body.first.wait_for()
    rest(page)  # what is inside is made when it opens
    return body.first


def close_popover(page: Page, body: Locator) -> None:
    """Closes what `open_popover` opened."""
    page.keyboard.press("Escape")
    if body.count():
        page.get_by_test_id("stSidebar").click(position={"x": 4, "y": 4})
        body.wait_for(state="hidden")
    rest(page)


def shown_in(widget: Locator) -> str:
    """What a select box, checkbox or slider shows; "" where the widget is not there."""
    for role in ("combobox", "checkbox", "switch", "slider"):
        found = widget.get_by_role(role)
        if found.count():
            one = found.first
            return str(one.is_checked()) if role in ("checkbox", "switch") else str(one.input_value())
    return ""


# another browser ------------------------------------------------------------------------------------------------------


def elsewhere(user: User, look_around: bool) -> list[str]:
    """What is wrong when the current URL is opened in another browser (another space).

    Args:
        look_around: in a browser that was never here, and goes on to Home; else in one that stays open beside this.
    """
    if not look_around:
        if user.other is None:
            user.other = _another(user)
        return _opened_elsewhere(user, *user.other)
    page, screen = _another(user)
    try:
        found = _opened_elsewhere(user, page, screen)
        page.locator("[data-testid=stSidebar] a").first.click()
        rest(page)
        found += [f"in another browser, on Home: {one}" for one in screen.wrong()]
        if seen := _on_home(page) & _own_home(user):
            found.append(f"another space sees {len(seen)} of the first one’s saved items and jobs")
        return found + _names_in_pickers(user, page)
    finally:
        page.context.close()


def _on_home(page: Page) -> set[str]:
    """The keys of the saved items and the jobs that a page shows: each is of one space."""
    keys = page.locator("[class*='st-key-open_'], [class*='st-key-frame_stop_']").evaluate_all(
        "all => all.flatMap(one => [...one.classList])"
    )
    return {key for key in keys if key.startswith(("st-key-open_", "st-key-frame_stop_"))}


def _names_in_pickers(user: User, page: Page) -> list[str]:
    """What the pickers of another space offer on Train of the first one's saved data and runs, by their names."""
    own = {" ".join(str(entry["name"]).split()) for entry in saved_entries(user) if entry["kind"] in ("dataset", "run")}
    own -= {"Sample run", "Class run"}
    page.goto(user.address + "/Train")
    rest(page)
    offered = set[str]()
    for kind in ("dataset", "run"):
        box = keyed(page, f"frame_{kind}_*").get_by_role("combobox")
        if not box.count():
            continue
        offered.add(box.first.input_value())
        box.first.click()
        page.get_by_role("option").first.wait_for()
        offered |= {" ".join(words.split()) for words in page.get_by_role("option").all_inner_texts()}
        page.keyboard.press("Escape")
    return [
        f"another space’s picker offers {name!r}" for name in sorted(own) if any(is_called(o, name) for o in offered)
    ]


def _own_home(user: User) -> set[str]:
    """The same of the user's own Home, opened in a second tab of the user's browser."""
    page = user.page.context.new_page()
    try:
        page.goto(user.page.url.split("?")[0].rsplit("/", 1)[0] + "/")
        rest(page)
        return _on_home(page)
    finally:
        page.close()


def _another(user: User) -> tuple[Page, Screen]:
    page = _context(user.browser).new_page()
    return page, Screen(page)


def _opened_elsewhere(user: User, page: Page, screen: Screen) -> list[str]:
    page.goto(user.page.url)
    if not rest(page):
        return ["in another browser the page is still running"]
    found = [f"in another browser: {one}" for one in screen.wrong() if not _may_be(user, one)]
    if not found and user.where == "transfer" and user.page.locator(".mixer").count():
        found += _same_list(user, page)
    return found


def _same_list(user: User, page: Page) -> list[str]:
    here = user.lists.get(user.page.url, [])
    if here and not _has_mixer(page):
        return [f"another browser shows no list, here are {len(here)} items"]
    there = both_lists(page)
    if here and here != there and not (user.noise_again and "epsilon=" in user.page.url):
        first = next(
            (n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there))
        )
        return [
            f"another browser lists {len(there)} items, here are {len(here)}; they differ from place {first + 1} on"
        ]
    return []


def _has_mixer(page: Page) -> bool:
    """Whether Transfer lists something, or its budget of another space is spent, which is said."""
    protected = page.get_by_test_id("stAlert").filter(has_text="protected source")
    for _ in range(40):
        if page.locator(".mixer").count() or ("epsilon=" in page.url and protected.count()):
            return True
        page.wait_for_timeout(250)
    return False


# the server -----------------------------------------------------------------------------------------------------------


@dataclass
class Bounds:
    """What the server may use at most, and the most it has used. Jobs are counted from its structured log.

    Attributes:
        threads: of the main process.
        megabytes: resident memory of the main process and of its workers together; pages that they share count for
            each. Sessions are part of the main process, and are not told apart: page_user.py measures a single one.
        jobs: that run at once.
        most: the most of each so far.
        started, ended: jobs in all.
    """

    process: psutil.Process
    log: Path
    threads: int = 150
    megabytes: int = 6_000
    jobs: int = 2
    most: dict[str, int] = field(default_factory=dict)
    started: int = 0
    ended: int = 0
    _running: set[str] = field(default_factory=set)
    _read: int = 0

    def problems(self) -> list[str]:
        """What is over its bound now."""
        used: dict[str, Any] = {
            "threads": self.process.num_threads(),
            "megabytes": int(sum(map(_resident, [self.process, *self.process.children(recursive=True)])) / 1e6),
            "jobs": self._jobs(),
        }
        for name, value in used.items():
            self.most[name] = max(value, self.most.get(name, 0))
        return [f"the server has {used[name]} {name}" for name in used if used[name] > getattr(self, name)]

    def _jobs(self) -> int:
        """The most jobs that ran at once since the last call."""
        content = self.log.read_bytes()
        new = content[self._read : content.rfind(b"\n") + 1]
        self._read += len(new)
        most = len(self._running)
        for line in new.splitlines():
            if not line.startswith(b'{"time"'):
                continue
            entry = json.loads(line)
            if entry["event"] == "job started":
                self._running.add(entry["job"])
                self.started += 1
            elif entry["event"] == "job ended":
                self.ended += 1
                self._running.discard(entry["job"])  # one that was stopped while it waited had not started
            most = max(most, len(self._running))
        return most


def _resident(process: psutil.Process) -> int:
    """Bytes of a process in memory; 0 for one that has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
