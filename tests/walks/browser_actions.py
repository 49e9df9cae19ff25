"""Everything that a random user does with the mouse and the keyboard. An action is a name and a few small values.

Where an action needs one of several things on screen, its value `at` (0 … 1) says which, so that a walk can be played
again, also a shortened one. An action that is not possible on the page raises `Impossible` and is passed over.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError

from recsys.workspace import Workspace
from recsys.workspace.cases import read_case
from tests.walks.browser_state import (
    NAMES,
    PAGES,
    PATIENCE,
    User,
    close_popover,
    elsewhere,
    keyed,
    left_out_of_links,
    listed,
    open_popover,
    own_space,
    place,
    rest,
    rules_of,
    saved_entries,
    shown_in,
    slot,
)
from tests.walks.tiny_files import KINDS, tiny_file

Value = float | int | str | bool
Draw = Callable[[random.Random], Value]


class Impossible(Exception):
    """The page has not what the action needs."""


@dataclass(frozen=True)
class Action:
    """One thing a user can do.

    Attributes:
        do: does it, and writes down in the tab's `Chosen` what was chosen. May return what is wrong, in words.
        where: pages it is done on; empty for all.
        weight: how often it is drawn, against the others that are possible.
        values: how its values are drawn.
    """

    do: Callable[..., list[str] | None]
    where: tuple[str, ...]
    weight: float
    values: Mapping[str, Draw] = field(default_factory=dict)


ACTIONS: dict[str, Action] = {}
WITH_DATASET = ("run", "target", "source", "rules")  # belong to a dataset: another one opens its own


def action(
    weight: float, *where: str, **values: Draw
) -> Callable[[Callable[..., list[str] | None]], Callable[..., list[str] | None]]:
    """Adds a function to ACTIONS."""

    def add(do: Callable[..., list[str] | None]) -> Callable[..., list[str] | None]:
        ACTIONS[do.__name__] = Action(do, where, weight, values)
        return do

    return add


def at(rng: random.Random) -> float:
    return round(rng.random(), 3)


def times(rng: random.Random) -> int:
    return rng.randint(1, 4)


def flag(rng: random.Random) -> bool:
    return rng.random() < 0.5


def one_of(*values: Value) -> Draw:
    return lambda rng: rng.choice(values)


def pick(found: Locator, at: float) -> Locator:
    """The one of several that `at` says; raises Impossible when there is none."""
    visible = [one for one in found.all() if one.is_visible()]
    if not visible:
        raise Impossible
    return visible[min(int(at * len(visible)), len(visible) - 1)]


def pick_enabled(found: Locator, at: float) -> Locator:
    one = pick(found, at)
    if not one.is_enabled():
        raise Impossible
    return one


def choose(page: Page, box: Locator, at: float) -> str:
    """Chooses one of the options a select box offers; the option's words.

    On a busy machine a list that is just drawn again may swallow the click: the box then shows what it showed, no
    request was sent, and a user would choose once more.
    """
    if not box.count() or not box.first.is_enabled():
        raise Impossible
    options, before = page.get_by_role("option"), _shown_in(box)
    box.first.click()
    try:
        options.first.wait_for(timeout=3_000)
    except TimeoutError:  # the click closed the list of another box
        box.first.press("ArrowDown")
        options.first.wait_for()
    option = pick(options, at)
    words = option.inner_text().strip()
    option.click()
    page.wait_for_timeout(200)  # the browser shows a choice at once, before the page has run
    if before and words != before and _shown_in(box) == before:
        box.first.click()
        options.filter(has_text=words).first.click()
    return words


def _shown_in(box: Locator) -> str:
    """The words in a select box as they are now; "" where it is gone, or shows what is chosen beside its field."""
    return str(box.evaluate_all("boxes => boxes[0]?.value ?? ''"))


# moving ---------------------------------------------------------------------------------------------------------------


@action(8, to=one_of(*PAGES.values(), "train", "embeddings", "transfer", "transfer", "explain"))
def menu(user: User, to: str) -> None:
    links = user.page.locator("[data-testid=stSidebar] [data-testid=stPageLink] a")
    user.tab.chosen.forget(*left_out_of_links(user))
    open_tab = place(user.page.url)[1].get("tab", "")
    links.nth(list(PAGES.values()).index(to)).click()
    user.page.wait_for_function("path => location.pathname.replaceAll('/', '') === path", arg=_path(to))
    if open_tab:  # a link of the menu names none: on the same page, this alone shows that it was followed
        left = "tab => new URLSearchParams(location.search).get('tab') !== tab"
        user.page.wait_for_function(left, arg=open_tab)
    rest(user.page)
    user.tab.chosen.part = place(user.page.url)[1].get("tab", "")


@action(3, at=at)
def link_on_page(user: User, at: float) -> None:
    link = pick(user.page.get_by_test_id("stMain").locator("[data-testid=stPageLink] a"), at)
    where, said = place(link.get_attribute("href") or "")
    chosen = user.tab.chosen
    if user.where == "home" and said.get("run") == "sample" and chosen.run != "sample":
        chosen.forget("run", "target", "source", "dataset", "alpha", "k", "rules")  # the miniature's own pair
    elif user.where in ("home", "train"):  # Train leads to a training on other data
        _take_over(user, said)
    chosen.forget(*left_out_of_links(user))
    chosen.part = said.get("tab", "")
    link.click()
    user.page.wait_for_function("path => location.pathname.replaceAll('/', '') === path", arg=_path(where))


def _path(where: str) -> str:
    return next(path for path, name in PAGES.items() if name == where)


def _take_over(user: User, said: Mapping[str, str]) -> None:
    """What a URL says becomes what is chosen; what it leaves out is open again."""
    for name in NAMES:
        setattr(user.tab.chosen, name, said.get(name))
    user.tab.chosen.rules, user.tab.chosen.widgets = rules_of(dict(said)), {}


@action(3)
def back(user: User) -> None:
    _through_history(user, -1)


@action(1.5)
def forward(user: User) -> None:
    _through_history(user, 1)


def _through_history(user: User, way: int) -> None:
    """The URL of that entry is what is shown then, whatever was chosen since."""
    url = user.page.evaluate("way => navigation.entries()[navigation.currentEntry.index + way]?.url ?? ''", way)
    if not url:
        raise Impossible
    where, said = place(url)
    _take_over(user, said)
    user.tab.chosen.part = said.get("tab", "")
    if way < 0:
        user.page.go_back()
    else:
        user.page.go_forward()
    job = said.get("job", "") or (user.tab.job if where == "train" else "")  # Train shows a training that goes on
    user.tab.where, user.tab.job = where, job


@action(2)
def refresh(user: User) -> None:
    user.page.reload()


@action(2)
def second_tab(user: User) -> None:
    if len(user.tabs) > 3:
        raise Impossible
    before, job = user.tab.chosen, user.tab.job
    tab = user.open_tab(user.page.url)
    tab.job = job
    tab.chosen = replace(before, widgets=dict(before.widgets))
    tab.where = user.where


@action(2, at=at)
def other_tab(user: User, at: float) -> None:
    if len(user.tabs) < 2:
        raise Impossible
    user.at = int(at * len(user.tabs))
    user.page.bring_to_front()


@action(1)
def close_tab(user: User) -> None:
    if len(user.tabs) < 2:
        raise Impossible
    user.tabs.pop(user.at).page.close()
    user.at = 0
    user.page.bring_to_front()


@action(1, look_around=flag)
def another_browser(user: User, look_around: bool) -> list[str]:
    return elsewhere(user, look_around)


@action(1, seconds=one_of(1, 3, 8))
def wait(user: User, seconds: int) -> None:
    user.page.wait_for_timeout(1000 * seconds)


# pickers on every page ------------------------------------------------------------------------------------------------


@action(1.5, at=at)
def pick_run(user: User, at: float) -> list[str]:
    return _pick_in_title(user, "run", at)


@action(1, at=at)
def pick_dataset(user: User, at: float) -> list[str]:
    return _pick_in_title(user, "dataset", at)


def _pick_in_title(user: User, kind: str, at: float) -> list[str]:
    """Another run or dataset in the title row: the picker shows it then, and the URL says which one that is."""
    if user.where in ("home", "learn"):
        raise Impossible
    box = keyed(user.page, f"frame_{kind}_*").get_by_role("combobox")
    before = box.first.input_value() if box.count() else ""
    busy = user.tab.job or keyed(user.page, "frame_stop_*").count()
    words = choose(user.page, box, at)
    if words == before and not user.tab.job:  # a job that ended meanwhile has opened its run before this choice
        return []
    user.tab.chosen.forget("run", "target", "source", "rules", "dataset")
    rest(user.page)
    setattr(user.tab.chosen, kind, place(user.page.url)[1].get(kind, ""))
    shown = box.first.input_value() if box.count() else ""
    if busy or " ".join(shown.split()) == " ".join(words.split()):  # the result of a job is numbered among the others
        return []
    return [f"{words!r} was picked as {kind}, the picker shows {shown!r}"]


@action(1)
def stop_in_menu(user: User) -> None:
    pick(keyed(user.page, "frame_stop_*").locator("button"), 0).click()


# whatever chooses none of source, target, α, k, rules, run and dataset ------------------------------------------------

_CHOICES = ("frame_", "target_", "source_", "explain_who_", "explain_alpha", "rule_", "data_column_", "data_plan_",
            "choose_runs", "data_pseudonyms", "train_level", "train_model", "train_minutes", "train_epochs",
            "train_attention_", "train_gru4rec_", "train_lightgcn_")  # fmt: skip


def _free(page: Page, what: str) -> list[Locator]:
    """Visible elements outside of widgets that choose what `Chosen` keeps."""
    found = page.get_by_test_id("stMain").locator(what).all()
    key = "n => (n.closest('[class*=st-key-]')?.className.match(/st-key-([^ ]+)/) ?? ['', ''])[1]"
    return [one for one in found if one.is_visible() and not str(one.evaluate(key)).startswith(_CHOICES)]


def _one(found: list[Locator], at: float) -> Locator:
    if not found:
        raise Impossible
    return found[min(int(at * len(found)), len(found) - 1)]


@action(6, at=at)
def part_of_page(user: User, at: float) -> list[str]:
    """A button of a segmented control or a tab: it is open then, and stays so."""
    button = _one(_free(user.page, "[data-testid=stButtonGroup] [role=radio], [role=tab]"), at)
    words, job = button.inner_text().strip(), place(user.page.url)[1].get("job")
    button.click()
    rest(user.page)
    if job and not place(user.page.url)[1].get("job"):  # the job ended meanwhile, and its run was opened
        user.tab.chosen.part = place(user.page.url)[1].get("tab", "")
        return []
    user.tab.chosen.part = place(user.page.url)[1].get("tab", "")
    open_now = user.page.get_by_test_id("stMain").locator(
        "[role=radio][aria-checked=true], [role=tab][aria-selected=true]"
    )
    shown = [one.strip() for one in open_now.all_inner_texts()]
    return [] if words in shown else [f"the part {words!r} was opened, open are {shown}"]


@action(2, at=at)
def unfold(user: User, at: float) -> None:
    _one(_free(user.page, "[data-testid=stExpander] summary"), at).click()


@action(3, at=at, option=at)
def select(user: User, at: float, option: float) -> list[str]:
    box = _one(_free(user.page, "[data-testid=stSelectbox] [role=combobox]"), at)
    label = box.get_attribute("aria-label") or ""
    words = choose(user.page, box, option)
    rest(user.page)
    again = user.page.get_by_test_id("stMain").get_by_role("combobox", name=label, exact=True)
    shown = [one.input_value().strip() for one in again.all()]  # a browser leaves out spaces at the ends of an option
    return [] if words in shown or not shown else [f"{label}: {words!r} was chosen, {shown} is shown"]


@action(2, at=at, key=one_of("ArrowRight", "ArrowLeft", "Home", "End"), times=times)
def slide(user: User, at: float, key: str, times: int) -> None:
    slider = _one(_free(user.page, "[data-testid=stSlider] input[type=range]"), at)
    slider.focus()
    for _ in range(times):
        user.page.keyboard.press(key)


@action(1.5, at=at)
def tick(user: User, at: float) -> None:
    _one(_free(user.page, "[data-testid=stCheckbox] label"), at).click()


@action(2, at=at)
def take_away(user: User, at: float) -> list[str]:
    """A download: a file that is not empty."""
    button = _one(_free(user.page, "[data-testid=stDownloadButton] button"), at)
    with user.page.expect_download(timeout=60_000) as coming:
        button.click()
    saved = user.folder / f"{len(user.downloads)}-{coming.value.suggested_filename}"
    coming.value.save_as(saved)
    user.downloads.append(saved)
    return [] if saved.stat().st_size else [f"the download {saved.name} is empty"]


_PRESSED: Mapping[str, tuple[str, ...]] = {  # button's key -> fields that are open afterwards
    "search_*": (),
    "start_*": (),
    "again_*": (),
    "train_in_*": (),
    "train_take_*": (),
    "train_out_*": (),
    "train_clear": (),
    "map_again": (),
    "data_next": (),
    "train_next": ("run",),
    "map_next": ("target", "source"),
    "home_own": (),
    "empty_go": (),
    "empty_sample": ("run", "dataset", "target", "source"),
    "transfer_next": (),
    "evaluate_next": (),
    "explain_next": (),
    "learn_next": ("part",),
    "use_linear": ("rules",),
    "all_interests": ("rules",),
    "use_alpha": ("alpha",),
    "try_alpha": ("alpha",),
    "open_transfer": ("target",),
    "open_explain": ("target",),
    "data_undo": ("dataset", *WITH_DATASET),
    "data_reset": ("dataset", *WITH_DATASET),
    "train_again": (),
    "train_back": (),
    "train_resume_*": (),
    "train_discard_*": (),
    "train_defaults": (),
    "study_*": (),
    "privacy_again": (),
    "cases_save": (),
    "cases_undo": (),
    "cases_keep_*": (),
    "cases_delete_*": (),
    "cases_open_*": ("run", "dataset", "target", "source", "alpha", "k", "beside", "rules", "part"),
    "home_class": ("run", "dataset", "target", "source"),
}


@action(10, at=at)
def press(user: User, at: float) -> None:
    """A button that chooses nothing, or after which the named fields are what the page says."""
    buttons = []
    for key in _PRESSED:
        begin = f'[class*="st-key-{key[:-1]}"]' if key.endswith("*") else f".st-key-{key}"
        found = user.page.get_by_test_id("stMain").locator(f"{begin} [data-testid=stButton] button").all()
        buttons += [(key, one) for one in found if one.is_visible() and one.is_enabled()]
    if not buttons:
        raise Impossible
    key, button = buttons[min(int(at * len(buttons)), len(buttons) - 1)]
    entry = button.evaluate(
        "n => n.closest('[class*=st-key-]').className.match(/st-key-\\w+_([0-9a-f]{8,})/)?.[1] ?? ''"
    )
    button.click()
    user.noise_again = user.noise_again or key == "privacy_again"
    user.tab.chosen.forget(*_PRESSED[key])
    if key == "cases_open_*":
        _chosen_by_case(user, str(entry))
    if "part" in _PRESSED[key]:  # the next lesson is another tab of the same page
        rest(user.page)
        user.tab.chosen.part = place(user.page.url)[1].get("tab", "")


# Home -----------------------------------------------------------------------------------------------------------------


@action(0.5, "home")
def demo(user: User) -> None:
    pick_enabled(keyed(user.page, "home_demo").locator("button"), 0).click()


@action(1, "home")
def stop_demo(user: User) -> None:
    pick(keyed(user.page, "home_stop").locator("button"), 0).click()


@action(1, "home", name=one_of("Ada", "5b · Mr. *Bold*", "<i>Zoë</i>"))
def own_name(user: User, name: str) -> list[str]:
    box = pick(keyed(user.page, "saved_name").locator("input"), 0)
    box.fill(name)
    box.press("Enter")
    rest(user.page)
    shown = keyed(user.page, "saved_name").locator("input").input_value()
    return [] if shown == name else [f"the name {name!r} was given, {shown!r} is shown"]


def saved(user: User) -> list[str]:
    """The ids of the saved items that Home lists."""
    found = keyed(user.page, "open_*").evaluate_all(
        "nodes => nodes.map(n => n.className.match(/st-key-open_([0-9a-f]{8,})/)?.[1]).filter(Boolean)"
    )
    return [str(entry) for entry in found]


@action(1.5, "home", at=at)
def open_saved(user: User, at: float) -> None:
    """A saved item by its button: it is what is chosen then."""
    button = pick(keyed(user.page, "open_*").locator("button"), at)
    entry = str(
        button.evaluate("n => n.closest('[class*=st-key-open_]').className.match(/st-key-open_([0-9a-f]+)/)[1]")
    )
    kind = next((one["kind"] for one in saved_entries(user) if one["id"] == entry), "")
    button.click()
    chosen = user.tab.chosen
    chosen.forget("run", "dataset", "source", "target", "rules")
    if kind in ("run", "dataset"):
        setattr(chosen, kind, entry)
    elif kind == "cohort":
        chosen.source = f"group:{entry}"
    elif kind == "case":
        _chosen_by_case(user, entry)
    user.page.wait_for_function("location.pathname !== '/'")
    rest(user.page)
    chosen.part = {"study": "study", "search": "search"}.get(kind, "")


def _chosen_by_case(user: User, entry: str) -> None:
    """What is chosen when a saved case is opened: its run, pair, α, k and rules."""
    saved, chosen = read_case(Workspace(user.home).space(own_space(user).name), entry), user.tab.chosen
    chosen.run, chosen.target, chosen.source = saved.run, saved.case.target, saved.case.source
    chosen.alpha, chosen.k, chosen.beside = f"{saved.case.alpha:.6g}", str(saved.case.k), ""
    said = saved.case.rules.params()
    chosen.rules, chosen.interests = rules_of(said), said.get("interests", "")


def _of_saved(user: User, at: float) -> tuple[str, Locator]:
    """Opens the menu of one saved item: its id, and the menu's body."""
    ids = saved(user)
    if not ids:
        raise Impossible
    if (opened := user.page.get_by_test_id("stPopoverBody")).count():
        close_popover(user.page, opened.first)  # of the item before
    chosen = ids[min(int(at * len(ids)), len(ids) - 1)]
    row = user.page.get_by_test_id("stMain").get_by_test_id("stPopover").locator("button:visible")
    if not row.count() or not row.first.is_visible():
        raise Impossible
    row.nth(ids.index(chosen)).click()
    body = user.page.get_by_test_id("stPopoverBody")
    body.first.wait_for()
    return chosen, body.first


@action(1.5, "home", at=at, name=one_of("Renamed", "two  words", "<b>bold</b> *star* `code`", "ü" * 60))
def rename(user: User, at: float, name: str) -> list[str]:
    entry, body = _of_saved(user, at)
    box = keyed(user.page, f"name_{entry}").locator("input")
    box.fill(name)
    box.press("Enter")
    rest(user.page)
    button = body.locator(f".st-key-rename_{entry} button")
    if not button.count() or not button.is_enabled():
        raise Impossible  # it is called so already
    button.click()
    rest(user.page)
    words = " ".join(name.split())
    text = " ".join(user.page.get_by_test_id("stMain").inner_text().split())
    return [] if words in text or words[:50] in text else [f"renamed to {name!r}, which Home does not show"]


@action(1, "home", at=at)
def duplicate(user: User, at: float) -> list[str]:
    return _changes_number(user, at, "copy", 1)


@action(1.5, "home", at=at)
def delete(user: User, at: float) -> list[str]:
    """The saved item goes to the trash; whatever was chosen of it is open again."""
    return _changes_number(user, at, "delete", -1)


def _changes_number(user: User, at: float, what: str, by: int) -> list[str]:
    before = saved(user)
    entry, body = _of_saved(user, at)
    body.locator(f".st-key-{what}_{entry} button").click()
    rest(user.page)
    after = saved(user)
    if by < 0:
        user.gone.add(entry)
        chosen = user.tab.chosen
        if entry in (chosen.run, chosen.dataset):
            chosen.forget("run", "dataset", "target", "source")
        for side in ("source", "target"):
            if entry in (getattr(chosen, side) or ""):
                chosen.forget(side)
    return [] if len(after) == len(before) + by else [f"{what}: {len(before)} saved items before, {len(after)} after"]


@action(1, "home")
def restore(user: User) -> list[str]:
    before = saved(user)
    pick(keyed(user.page, "trash_undo").locator("button"), 0).click()
    rest(user.page)
    user.gone -= set(saved(user))
    return [] if len(saved(user)) > len(before) else ["Undo brought nothing back"]


@action(0.5, "home")
def empty_trash(user: User) -> None:
    pick(keyed(user.page, "trash_empty").locator("button"), 0).click()
    confirm = user.page.locator(".st-key-trash_confirm button")
    confirm.wait_for()
    confirm.click()


@action(1, "home")
def export_and_import(user: User) -> list[str]:
    """All saved work as a zip, and the same zip back: each item is there twice. A job that ends meanwhile adds one."""
    if keyed(user.page, "frame_stop_*").count():
        raise Impossible
    before = saved(user)
    button = keyed(user.page, "saved_zip").locator("button")
    if not before or len(before) > 12:
        raise Impossible
    if not button.count() or not button.first.is_visible():
        pick(user.page.locator("summary", has_text="Your saved work"), 0).click()
        rest(user.page)
    with user.page.expect_download(timeout=60_000) as coming:
        pick(button, 0).click()
    zipped = user.folder / f"{len(user.downloads)}-studio.zip"
    coming.value.save_as(zipped)
    user.downloads.append(zipped)
    keyed(user.page, "saved_upload").locator("input[type=file]").set_input_files(zipped)
    add = keyed(user.page, "saved_import").locator("button")
    add.wait_for()
    rest(user.page)
    add.click()
    rest(user.page)
    after = saved(user)
    return [] if len(after) == 2 * len(before) else [f"exported {len(before)} items; after the import {len(after)}"]


# Data -----------------------------------------------------------------------------------------------------------------


def _unfold_sources(user: User) -> None:
    other = keyed(user.page, "data_other_*").locator("summary")
    if other.count() and not keyed(user.page, "data_files").locator("button").first.is_visible():
        other.first.click()
        rest(user.page)


@action(1, "data", at=at)
def sample(user: User, at: float) -> None:
    _unfold_sources(user)
    pick(keyed(user.page, "data_sample_*").locator("button"), at).click()
    user.tab.chosen.forget("dataset", *WITH_DATASET)


@action(6, "data", kind=one_of(*KINDS), seed=lambda rng: rng.randint(0, 999))
def upload(user: User, kind: str, seed: int) -> list[str]:
    """A tiny file, so that trainings are short: it becomes the open dataset."""
    _unfold_sources(user)
    before = place(user.page.url)[1].get("dataset", "")
    for old in keyed(user.page, "data_files").locator("button[aria-label^=Remove]").all():
        old.click()
        rest(user.page)
    files: list[Path] = tiny_file(kind, seed, user.folder)
    keyed(user.page, "data_files").locator("input[type=file]").first.set_input_files(files)
    user.page.wait_for_timeout(300)
    rest(user.page, 800)
    user.tab.chosen.forget("dataset", *WITH_DATASET)
    after = place(user.page.url)[1].get("dataset", "")
    return [] if after and after != before else [f"a {kind} file was dropped, and no other dataset is open"]


@action(4, "data", rule=one_of("duplicates", "users", "items", "repeats"), value=one_of(1, 2, 3))
def clean_again(user: User, rule: str, value: int) -> list[str]:
    """Another cleaning plan, which keeps enough rows."""
    pick(user.page.get_by_role("tab", name="Cleaning"), 0).click()
    rest(user.page)
    user.tab.chosen.part = "cleaning"
    form = keyed(user.page, "data_plan_*")
    form = form if form.count() else user.page.get_by_test_id("stForm")
    before = place(user.page.url)[1].get("dataset", "")
    if rule == "duplicates":
        pick(form.locator("[data-testid=stCheckbox] label"), 0).click()
    elif rule == "repeats":
        choose(user.page, form.get_by_role("combobox"), value / 3.001)
    else:
        box = _of_plan(form, rule)
        box.fill(str(value))
        box.press("Tab")
    wanted = _in_plan(form, rule)
    form.get_by_test_id("stFormSubmitButton").locator("button").click()
    user.page.wait_for_timeout(200)
    rest(user.page)
    after = place(user.page.url)[1].get("dataset", "")
    user.tab.chosen.forget("dataset", *WITH_DATASET)
    if not after:
        return [f"the data {before} was cleaned again, and none is open"]
    if keyed(user.page, "studio_error_refused*").count():  # the plan in use is shown again; `problems` tells of it
        return []
    shown = _in_plan(form, rule)
    if shown != wanted:
        return [f"cleaned again with {rule} {wanted}, the plan of the open data shows {shown}"]
    return _dropped(own_space(user) / "dataset" / after / "meta.json", rule, wanted)


def _dropped(file: Path, rule: str, wanted: str) -> list[str]:
    """What the report of the saved data says of a rule of which is known whether it drops rows of a tiny file."""
    saved = json.loads(file.read_text("utf-8"))
    reason, drops = {"users": ("too_short", wanted != "1"), "duplicates": ("duplicate", wanted == "True")}.get(
        rule, ("", False)
    )
    if not reason or not saved["name"].startswith("tiny-"):
        return []
    dropped = saved["cleaning"]["dropped"]
    return [] if bool(dropped.get(reason)) == drops else [f"cleaned again with {rule} {wanted}, dropped: {dropped}"]


def _of_plan(form: Locator, rule: str) -> Locator:
    """The widget of one rule of the cleaning plan."""
    if rule == "duplicates":
        return form.locator("[data-testid=stCheckbox] input").first
    if rule == "repeats":
        return form.get_by_role("combobox").first
    return form.locator(f"input[type=number][aria-label^='Minimum interactions per {rule[:-1]}']").first


def _in_plan(form: Locator, rule: str) -> str:
    """What the form shows for one rule of the cleaning plan."""
    widget = _of_plan(form, rule)
    return str(widget.is_checked()) if rule == "duplicates" else widget.input_value()


@action(1.5, "data", role=one_of("timestamp", "rating", "title"), at=at)
def columns(user: User, role: str, at: float) -> None:
    """Another column for a role: read again, or refused with a sentence."""
    pick(user.page.get_by_role("tab", name="Columns"), 0).click()
    rest(user.page)
    user.tab.chosen.part = "columns"
    user.refusals = ("column", "time", "rating", "row")
    choose(user.page, keyed(user.page, f"data_column_{role}_*").get_by_role("combobox"), at)
    user.tab.chosen.forget("dataset", *WITH_DATASET)


# Train ----------------------------------------------------------------------------------------------------------------


@action(8, "train", level=one_of("Automatic", "Basic", "All"), epochs=one_of(1, 2, 5))
def train(user: User, level: str, epochs: int) -> list[str]:
    """Starts a training, short where the data is large."""
    page = user.page
    start = pick_enabled(keyed(page, "train_start").locator("button"), 0)
    big = "1,500" in page.get_by_test_id("stMain").inner_text()
    level = "All" if big else level
    pick(keyed(page, "train_level").get_by_role("radio", name=level, exact=True), 0).click()
    rest(page)
    if level == "All":
        box = keyed(page, "train_epochs").locator("input")
        box.fill(str(1 if big else epochs))
        box.press("Enter")
        rest(page)
    start.click()
    page.wait_for_timeout(200)
    rest(page)
    said = place(page.url)[1]
    started = "job" in said or said.get("run", "") != (user.tab.chosen.run or "")
    user.tab.job = said.get("job", "") or "shown"  # it may end before the next look, and open its run
    if "job" not in said:
        user.tab.chosen.forget("run", "target", "source")
    return [] if started else ["Train was pressed, and nothing is being trained"]


@action(2, "train")
def stop_training(user: User) -> None:
    pick(keyed(user.page, "train_stop").locator("button:enabled"), 0).click()  # once pressed, it is disabled


@action(2, "train", letters=one_of("a", "item", "zzz", ""))
def try_search(user: User, letters: str) -> None:
    _type(user, "train_find", letters)


def _type(user: User, key: str, letters: str) -> None:
    box = pick(keyed(user.page, key).locator("input"), 0)
    box.fill(letters)
    box.press("Enter")


# Embeddings -----------------------------------------------------------------------------------------------------------


@action(3, "embeddings", letters=one_of("a", "u1", "u12", "an", "zzz", "", "-0080"))
def find_on_map(user: User, letters: str) -> None:
    _type(user, "map_find_*", letters)


@action(6, "embeddings", x=at, y=at, size=at)
def lasso(user: User, x: float, y: float, size: float) -> None:
    page, over = user.page, pick(user.page.locator(".stage[data-paint] .over"), 0)
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    left, top, reach = 0.1 + 0.4 * x, 0.15 + 0.4 * y, 0.1 + 0.3 * size
    corners = [(left, top), (left + reach, top), (left + reach, top + reach), (left, top + reach), (left, top)]
    points = [(box["x"] + cx * box["width"], box["y"] + cy * box["height"]) for cx, cy in corners]
    page.keyboard.down("Shift")
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")


@action(2, "embeddings", at=at)
def group_on_map(user: User, at: float) -> None:
    pick(user.page.locator(".labels .group, .legend .group"), at).click(force=True)


@action(2, "embeddings", x=at, y=at)
def click_map(user: User, x: float, y: float) -> None:
    over = pick(user.page.locator(".stage[data-paint] .over"), 0)
    box = over.bounding_box()
    assert box is not None
    over.click(position={"x": (0.1 + 0.5 * x) * box["width"], "y": (0.2 + 0.6 * y) * box["height"]}, force=True)


@action(2, "embeddings", what=one_of("in", "out", "fit", "density", "clear", "lasso", "move"))
def map_tool(user: User, what: str) -> None:
    pick(user.page.locator(f".stage [data-do={what}]"), 0).click()


@action(8, "embeddings", role=one_of("source", "target"))
def use_as(user: User, role: str) -> list[str]:
    """Whom the drawer shows becomes the source or the target."""
    pick_enabled(keyed(user.page, f"map_use_{role}").locator("button"), 0).click()
    rest(user.page)
    written = place(user.page.url)[1].get(role, "")
    user.tab.chosen.forget(role)
    setattr(user.tab.chosen, role, written)
    return [] if written.startswith(("group:", "user:")) else [f"used as {role}, the URL says {written!r}"]


@action(1.5, "embeddings", name=one_of("hikers", "<b>them</b>", "a · b"))
def keep_group(user: User, name: str) -> None:
    pick(keyed(user.page, "map_drawer").get_by_role("tab").nth(2), 0).click()
    _type(user, "map_name_*", name)
    rest(user.page)
    pick_enabled(keyed(user.page, "map_save").locator("button"), 0).click()


# Transfer -------------------------------------------------------------------------------------------------------------


def _mixer(user: User) -> Locator:
    if user.where != "transfer":
        raise Impossible
    return pick(user.page.locator(".mixer .alpha-input"), 0)


def _heard_alpha(user: User) -> None:
    user.page.wait_for_timeout(100)
    user.tab.chosen.alpha = slot(user.page, "alpha").removeprefix("α = ")


@action(8, "transfer", to=at)
def drag_alpha(user: User, to: float) -> None:
    slider = _mixer(user)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    now, y = float(slider.input_value()), box["y"] + box["height"] / 2
    left, width = box["x"] + 12, box["width"] - 24
    user.page.mouse.move(left + now * width, y)
    user.page.mouse.down()
    user.page.mouse.move(left + to * width, y, steps=6)
    user.page.mouse.up()
    _heard_alpha(user)


@action(5, "transfer", key=one_of("ArrowRight", "ArrowLeft", "Shift+ArrowRight"), times=times)
def alpha_by_keys(user: User, key: str, times: int) -> None:
    _mixer(user).focus()
    for _ in range(times):
        user.page.keyboard.press(key)
    user.page.wait_for_timeout(350)
    _heard_alpha(user)


@action(4, "transfer", what=one_of("previous", "next", "undo", "reset"))
def alpha_by_button(user: User, what: str) -> None:
    _mixer(user)
    pick_enabled(user.page.locator(f".mixer [data-do={what}]"), 0).click()
    _heard_alpha(user)


@action(2, "transfer", at=at)
def click_change(user: User, at: float) -> None:
    _mixer(user)
    axis = pick(user.page.locator(".mixer .axis"), 0)
    box = axis.bounding_box()
    assert box is not None
    axis.click(position={"x": (0.02 + 0.96 * at) * box["width"], "y": box["height"] / 2})
    _heard_alpha(user)


@action(3, "transfer", at=at)
def length(user: User, at: float) -> None:
    _mixer(user)
    box = user.page.locator(".mixer select[data-do=k]")
    values = box.locator("option").evaluate_all("options => options.map(o => o.value)")
    chosen = values[min(int(at * len(values)), len(values) - 1)]
    box.select_option(chosen)
    user.tab.chosen.k = chosen


@action(3, "transfer")
def transferred(user: User) -> list[str]:
    """The other kind of what is transferred: interests or next choice."""
    _mixer(user)
    box = user.page.locator(".mixer select[data-do=what]")
    if not box.is_visible() or not box.is_enabled():
        raise Impossible
    wanted = "next-choice" if box.input_value() == "interests" else "interests"
    box.select_option(wanted)
    user.page.wait_for_timeout(350)
    rest(user.page)
    shown = box.input_value()
    user.tab.chosen.forget("rules", "beside")  # methods are compared for the next choice
    return [] if shown == wanted else [f"{wanted!r} was chosen, {shown!r} is transferred"]


@action(3, "transfer", at=at)
def method(user: User, at: float) -> None:
    """Another transfer method. The one that stands beside it changes places with it."""
    chosen, before = user.tab.chosen, (user.tab.chosen.rules or {}).get("method", "linear")
    wanted = _in_mixer(user, "method", at)
    others = {name: value for name, value in (chosen.rules or {}).items() if name != "method"}
    chosen.rules = others | ({} if wanted == "linear" else {"method": wanted})
    if chosen.beside == wanted:
        chosen.beside = before


@action(4, "transfer", at=at)
def beside(user: User, at: float) -> list[str]:
    """The list of another method beside the first, or none."""
    wanted = _in_mixer(user, "beside", at).replace("none", "")
    user.tab.chosen.beside = wanted
    written = place(user.page.url)[1].get("beside", "")
    return [] if written == wanted else [f"{wanted!r} was chosen beside the list, the URL says {written!r}"]


def _in_mixer(user: User, what: str, at: float) -> str:
    """Chooses in a menu of the mixer that may be hidden: the value."""
    _mixer(user)
    box = user.page.locator(f".mixer select[data-do={what}]")
    if not box.is_visible() or not box.is_enabled():
        raise Impossible
    values = box.locator("option").evaluate_all("options => options.map(o => o.value)")
    wanted = str(values[min(int(at * len(values)), len(values) - 1)])
    box.select_option(wanted)
    user.page.wait_for_timeout(350)
    rest(user.page)
    return wanted


@action(4, "transfer", at=at)
def weigh_interest(user: User, at: float) -> list[str]:
    """Ticks an interest of the source, or unticks it."""
    _mixer(user)
    box = pick(user.page.locator(".mixer .interests input[type=checkbox]:visible"), at)
    ticked = box.is_checked()
    box.click()
    user.page.wait_for_timeout(350)
    rest(user.page)
    if box.is_checked() == ticked:
        return ["an interest was ticked or unticked, and is not"]
    shown = user.page.locator(".mixer .interests input[type=range]").evaluate_all("all => all.map(one => +one.value)")
    if not any(shown):  # nothing is transferred: the weights of before stay in use, which is said
        return []
    written = place(user.page.url)[1].get("interests", "")
    weights = sorted(float(one.partition(":")[2]) for one in written.split(",") if one)
    user.tab.chosen.interests = written
    changed = sorted(one for one in shown if one != 1)
    return [] if weights == changed else [f"the weights {shown} are shown, the URL says {written!r}"]


@action(1.5, "transfer")
def verdict(user: User) -> None:
    _mixer(user)
    pick(user.page.locator(".mixer [data-do=verdict]"), 0).click()
    user.page.wait_for_timeout(200)
    rest(user.page)
    user.tab.chosen.part = place(user.page.url)[1].get("tab", "")


def _popover(page: Page, words: str) -> Locator:
    if not page.get_by_test_id("stMain").get_by_test_id("stPopover").locator("button:visible", has_text=words).count():
        raise Impossible
    return open_popover(page, words)


@action(3, "transfer")
def swap(user: User) -> None:
    pick_enabled(keyed(user.page, "swap").locator("button"), 0).click()
    chosen = user.tab.chosen
    chosen.target, chosen.source, chosen.interests = chosen.source, chosen.target, None


@action(3, "transfer")
def random_pair(user: User) -> None:
    pick_enabled(keyed(user.page, "surprise").locator("button"), 0).click()
    user.tab.chosen.forget("target", "source")


def _sides(side: str) -> tuple[str, ...]:
    """What changes with a side: a source in another time or scenario of the target goes with the target."""
    return ("target", "source") if side == "Target" else ("source",)


@action(5, "transfer", side=one_of("Target", "Source"), at=at)
def kind_of_end(user: User, side: str, at: float) -> None:
    """Another kind of source or target; some kinds are a choice at once."""
    body = _popover(user.page, f"{side}:")
    choose(user.page, body.get_by_role("combobox").first, at)
    rest(user.page)
    close_popover(user.page, user.page.get_by_test_id("stPopoverBody").first)
    user.tab.chosen.forget(*_sides(side))


@action(7, "transfer", side=one_of("Target", "Source"), at=at, which=at)
def end(user: User, side: str, at: float, which: float) -> list[str]:
    """Another user as source or target, by what the popover offers now."""
    page = user.page
    body = _popover(page, f"{side}:")
    boxes = body.get_by_role("combobox").all()[1:]
    if not boxes:
        close_popover(page, body)
        raise Impossible
    words = choose(page, _one(boxes, which), at)
    rest(page)
    if (take := keyed(page, f"{side.lower()}_take").locator("button")).count():
        take.first.click()
    rest(page)
    close_popover(page, page.get_by_test_id("stPopoverBody").first)
    user.tab.chosen.forget(*_sides(side))
    if " items" not in words:
        return []
    for _ in range(4 * PATIENCE):  # on a busy machine the page begins to run later than it is looked at
        # `page.url` follows the browser after a moment only
        written = place(page.evaluate("location.href"))[1].get(side.lower(), "")
        if not written.startswith("user:") or words.startswith(written.removeprefix("user:")):
            return []
        page.wait_for_timeout(250)
    return [f"{side}: {words!r} was chosen, the URL says {written!r}"]


@action(3, "transfer", side=one_of("Target", "Source"), part=one_of("agreement", "left_out"), at=at)
def several_users(user: User, side: str, part: str, at: float) -> None:
    """How several named users agree, or whose items are left out."""
    body = _popover(user.page, f"{side}:")
    segments = keyed(user.page, f"{side.lower()}_{part}_*").locator("button:visible")
    if not segments.count():
        close_popover(user.page, body)
        raise Impossible
    pick(segments, at).click()
    rest(user.page)
    close_popover(user.page, user.page.get_by_test_id("stPopoverBody").first)
    user.tab.chosen.forget(*_sides(side))


RULE_WIDGETS = ("rule_scenario", "rule_tag", "rule_cold_items", "rule_hide", "rule_second_score", "rule_weight",
         "rule_diversity", "rule_protect", "rule_epsilon")  # fmt: skip


@action(6, "transfer", rule=one_of(*RULE_WIDGETS), at=at)
def rule(user: User, rule: str, at: float) -> None:
    """One rule: a select box, a checkbox or a slider under Rules."""
    page = user.page
    body = _popover(page, "Rules")
    widget = keyed(page, rule)
    if not widget.count() or widget.locator("label[data-disabled=true]").count():  # a protected source is not hidden
        close_popover(page, body)
        raise Impossible
    if (box := widget.get_by_role("combobox")).count():
        choose(page, box, at)
    elif (slider := widget.locator("input[type=range]")).count():
        slider.first.focus()
        for _ in range(1 + int(4 * at)):
            page.keyboard.press("ArrowRight" if at < 0.7 else "ArrowLeft")
        page.wait_for_timeout(250)
    else:
        widget.locator("label").first.click()
    rest(page)
    chosen = user.tab.chosen
    if rule == "rule_protect":  # turns off what reads histories
        chosen.beside = chosen.interests = None
    chosen.rules = rules_of(place(page.url)[1])
    chosen.widgets = {key: shown_in(keyed(page, key)) for key in {*chosen.widgets, rule} if keyed(page, key).count()}
    close_popover(page, body)


@action(4, "transfer", which=one_of("only", "block", "pin", "per_tag"), at=at)
def item_rule(user: User, which: str, at: float) -> list[str]:
    """A list of items or a number under Rules: the URL has it then, and the list keeps to it."""
    page = user.page
    titles = [title for title in listed(page) if not set(title) & set(',;"')]  # these separate pasted ids
    part = [title for place, title in enumerate(titles) if place <= 4 * at] if at < 0.8 else []
    body = _popover(page, "Rules")
    widget = keyed(page, f"rule_{which}").locator("textarea, input").first
    if not widget.count() or not widget.is_visible():
        pick(keyed(page, "rule_items_*").locator("summary"), 0).click()
        rest(page)
    if not widget.count() or not widget.is_visible() or not widget.is_enabled():
        close_popover(page, body)
        raise Impossible
    wanted = str(int(4 * at)) if which == "per_tag" else "\n".join(part)
    widget.fill(wanted)
    widget.press("Enter" if which == "per_tag" else "Control+Enter")
    rest(page)
    user.tab.chosen.rules = rules_of(place(page.url)[1])
    close_popover(page, body)
    written = user.tab.chosen.rules.get(which, "")
    if bool(wanted.strip("0")) != bool(written):
        return [f"the rule {which} was set to {wanted!r}, the URL says {written!r}"]
    if which not in ("only", "block") or not part:
        return []
    for _ in range(4 * PATIENCE):  # on a busy machine the list is drawn later than it is looked at
        shown = set(listed(page))
        wrong = shown - set(part) if which == "only" else shown & set(part)
        if not wrong or keyed(page, "studio_error_refused*").count():
            return []
        page.wait_for_timeout(250)
    return [f"with the rule {which} {part}, {sorted(wrong)} are listed"]


# Explain --------------------------------------------------------------------------------------------------------------


@action(3, "explain", at=at)
def user_of_explain(user: User, at: float) -> None:
    picker = keyed(user.page, "explain_who_*").get_by_role("combobox")
    before = picker.first.input_value() if picker.count() else ""  # of a group: its name, which is no user
    words = choose(user.page, picker, at)
    if words != before:
        user.tab.chosen.target, user.tab.chosen.interests = f"user:{words}", None


@action(3, "explain", key=one_of("ArrowRight", "ArrowLeft", "Home", "End"), times=times)
def alpha_of_explain(user: User, key: str, times: int) -> None:
    slider = pick(keyed(user.page, "explain_alpha").locator("input[type=range]"), 0)
    slider.focus()
    for _ in range(times):
        user.page.keyboard.press(key)
    user.page.wait_for_timeout(350)
    rest(user.page)
    user.tab.chosen.alpha = slider.input_value()


@action(3, "explain", at=at)
def item_of_list(user: User, at: float) -> list[str]:
    label = pick(user.page.locator("[class*=st-key-item_] label", has=user.page.locator("input[type=radio]")), at)
    words = label.inner_text().strip()
    label.click()
    rest(user.page)
    chosen = user.page.locator("[class*=st-key-item_] label", has=user.page.locator("input:checked")).all_inner_texts()
    return [] if words in [one.strip() for one in chosen] else [f"{words!r} was chosen, {chosen} is shown"]


@action(4, "explain", which=one_of("removed_*", "added_*"), at=at)
def what_if(user: User, which: str, at: float) -> None:
    choose(user.page, keyed(user.page, which).get_by_role("combobox"), at)
    user.page.keyboard.press("Escape")


@action(1, "explain", letters=one_of("a", "item", "the", "zzz"))
def find_item(user: User, letters: str) -> None:
    _type(user, "explain_find", letters)


# Evaluate -------------------------------------------------------------------------------------------------------------


@action(3, "evaluate", at=at)
def compare_runs(user: User, at: float) -> list[str]:
    """One more run on the same data beside the open one: it is among those chosen then."""
    pick(user.page.get_by_role("tab", name="Compare", exact=True), 0).click()
    rest(user.page)
    user.tab.chosen.part = place(user.page.url)[1].get("tab", "")
    box = keyed(user.page, "choose_runs_*")
    words = choose(user.page, box.get_by_role("combobox"), at)
    user.page.keyboard.press("Escape")
    rest(user.page)
    if words in ("Select all", "No results"):  # Streamlit's own: of all, and where all are chosen
        return []
    return [] if words in box.inner_text() else [f"the run {words!r} was chosen to compare, {box.inner_text()!r} shown"]


# Learn ----------------------------------------------------------------------------------------------------------------


@action(1, "learn", letters=one_of("a", "α", "zzz"))
def glossary(user: User, letters: str) -> None:
    _type(user, "glossary_find", letters)
