"""Signing in against a provider on loopback: whose work is shown, and that no cookie opens an account's space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from recsys.workspace import Workspace
from tests.browser.conftest import Servers, Visits
from tests.browser.oidc_provider import CLIENT, CLIENT_SECRET, provider
from tests.browser.screen import AT_REST, PATIENCE, PAUSE
from tests.browser.test_two_tabs import bring, note
from ui.shell.state import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture
def accounts_home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def accounts(serve: Servers, accounts_home: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server on which one can sign in."""
    with provider() as known:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"\n'
            f'cookie_secret = "a cookie secret of more than enough letters"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{CLIENT_SECRET}"\n'
            f'server_metadata_url = "{known.issuer}/.well-known/openid-configuration"\n'
        )
        env = {"STUDIO_HOME": str(accounts_home), "STUDIO_SECRET": "", "STREAMLIT_SECRETS_FILES": str(secrets)}
        yield serve(ROOT / "app.py", env)


def home_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)


def sign_in(page: Page, who: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who).click()
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Sign out")).to_be_visible(timeout=60_000)


def sign_out(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Sign out").click()
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in")).to_be_visible(timeout=60_000)


def shows(page: Page, *names: str) -> None:
    """Exactly these notes are among the saved work on Home."""
    expect(page.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)
    if not names:
        assert page.evaluate(AT_REST, [PAUSE, PATIENCE]), "the page goes on running"
    for name in names:
        expect(page.get_by_text(f"Note · {name}", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Note · ")).to_have_count(len(names))


def account_spaces(home: Path) -> list[str]:
    return sorted(folder.name for folder in (home / "spaces").glob("account-*"))


def test_an_account_finds_its_work_again_and_no_other_does(
    browser: Browser, visit: Visits, accounts: str, accounts_home: Path, tmp_path: Path
) -> None:
    address, home = accounts, accounts_home
    context = browser.new_context()
    page = visit.watch(context.new_page(), address)
    home_page(page, address)
    bring(page, note(tmp_path, "before"))
    sign_in(page, "ann")
    expect(page.get_by_test_id("stSidebar").get_by_text("Ann <b>Example</b>")).to_be_visible()
    shows(page)
    page.get_by_role("button", name="Move 1 saved item to your account").click()
    shows(page, "before")
    bring(page, note(tmp_path, "mine"))
    sign_out(page)
    shows(page)
    sign_in(page, "bob")
    shows(page)
    sign_out(page)
    elsewhere = browser.new_context()  # another browser, the same account
    second = visit.watch(elsewhere.new_page(), address)
    home_page(second, address)
    sign_in(second, "ann")
    shows(second, "before", "mine")
    (ann,) = account_spaces(home)
    assert sorted(entry.name for entry in Workspace(home).space(ann).entries()) == ["before", "mine"]
    a_forged_cookie_opens_nothing(browser, visit, address, ann, elsewhere)


def a_forged_cookie_opens_nothing(
    browser: Browser, visit: Visits, address: str, ann: str, signed_in: BrowserContext
) -> None:
    real = next(cookie for cookie in signed_in.cookies() if cookie["name"] == "_streamlit_user")
    value, digits = real["value"].strip('"'), ann.removeprefix("account-")
    forged = [
        {"studio_space": ann},
        {"studio_space": digits},
        {"_streamlit_user": value[:-4] + "AAAA"},
        {"_streamlit_user": '{"is_logged_in": true, "iss": "x", "sub": "ann"}'},
    ]
    for cookies in forged:
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": text, "url": address} for name, text in cookies.items()])
        page = visit.watch(context.new_page(), address)
        home_page(page, address)
        shows(page)
        expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in")).to_be_visible()


def test_where_sign_in_is_not_configured_it_is_not_offered(visit: Visits, address: str) -> None:
    page = visit(address)
    expect(page.get_by_role("button", name="Run it on the sample")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)
