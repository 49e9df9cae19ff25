"""Files that are dropped anywhere on Data are read, also while the upload field is folded away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_journey import quiet

pytestmark = pytest.mark.browser
DROP = """([name, text, kinds]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: "text/csv" }));
    const title = document.querySelector("h1");
    for (const kind of kinds)
        title.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
# As long as a file is held over a page, the browser repeats dragover; the listener may come after the page is at rest.
HELD = f"args => {{ ({DROP})(args); return document.body.classList.contains('studio-drop-target'); }}"


def rows(users: int) -> str:
    return "user,item,time\n" + "".join(f"u{n % users},i{n % 7},{1_700_000_000 + n}\n" for n in range(60))


def drop(page: Page, name: str, text: str) -> None:
    page.evaluate(DROP, [name, text, ["dragenter", "dragover", "drop"]])


def test_a_file_that_is_dropped_on_the_title_is_read(visit: Visits, address: str) -> None:
    page = visit(address, "/Data", viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    expect(page.get_by_text("There is no data yet")).to_be_visible()
    quiet(page)
    page.wait_for_function(HELD, arg=["first.csv", "", ["dragover"]], polling=350)
    for name, users in (("first.csv", 6), ("second.csv", 5)):  # with data, the field is inside a folded part
        drop(page, name, rows(users))
        users_kept = page.get_by_test_id("stMetric").filter(has_text="Users")
        expect(users_kept).to_contain_text(str(users))
        expect(page.locator("body.studio-drop-target")).to_have_count(0)
        quiet(page)
