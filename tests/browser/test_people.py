"""Signing in and out, one-time codes, roles, sessions and their cookie, the audit log."""

from datetime import UTC, datetime, timedelta

import pyotp
from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import (
    ACCOUNT,
    NAME,
    PASSWORD,
    Site,
    follow,
    in_browser,
    menu,
    press,
    sign_in,
)

pytestmark = in_browser
COOKIE = "pillarbox-session"


def make_user(site: Site, name: str, role: str) -> None:
    """Make a user who sees one account."""
    site.submit("/users", name=name, password=PASSWORD, role=role, account=ACCOUNT)


def session(page: Page) -> str:
    """Give the session's cookie; empty for none."""
    found = [one["value"] for one in page.context.cookies() if one["name"] == COOKIE]
    return found[0] if found else ""


def test_codes_are_switched_on_and_asked_for_from_then_on(site: Site) -> None:
    make_user(site, "Olga", "operator")
    login = f"{site.node.url}/console/sign-in"

    def switch_on(page: Page) -> str:
        page.goto(login)
        sign_in(page, "Olga")
        page.get_by_text("Olga", exact=True).click()
        follow(page, "Your account")
        secret = page.locator("#codes-title ~ p code").inner_text()
        page.get_by_role("textbox", name="Code").fill("000000")
        press(page, "Sign in with codes")
        expect(page.get_by_role("textbox", name="Code")).to_have_attribute("aria-invalid", "true")
        page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
        press(page, "Sign in with codes")
        expect(page.get_by_role("status")).to_contain_text("Signing in takes a code from now on.")
        page.get_by_text("Olga", exact=True).click()
        press(page, "Sign out")
        expect(page.get_by_role("status")).to_contain_text("You are signed out.")
        return secret

    def use(page: Page, secret: str) -> None:
        sign_in(page, "Olga")
        expect(page.get_by_role("alert")).to_have_text("Name, password or code is wrong.")
        # The code of now was used to switch codes on; that of the next half minute counts as well.
        sign_in(page, "Olga", pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30)))
        expect(page.get_by_text("Olga", exact=True)).to_be_visible()

    with site.open_page("phone", state={}) as page:
        secret = page.do(switch_on)
        page.do(lambda tab: use(tab, secret))


def test_a_session_begins_with_a_cookie_of_its_own_and_ends_with_it(site: Site) -> None:
    """A cookie that somebody else has planted is worth nothing afterwards (session fixation)."""
    make_user(site, "Fay", "viewer")
    planted = "planted" * 6

    def visit(page: Page) -> None:
        page.context.add_cookies([{"name": COOKIE, "value": planted, "url": site.node.url}])
        page.goto(site.url("/messages"))
        assert session(page) == planted
        sign_in(page, "Fay")
        expect(page.get_by_role("heading", level=1)).to_have_text("Messages")
        (cookie,) = [one for one in page.context.cookies() if one["name"] == COOKIE]
        assert cookie["value"] != planted
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        assert page.evaluate("document.cookie") == ""
        first = cookie["value"]
        page.get_by_text("Fay", exact=True).click()
        press(page, "Sign out")
        assert session(page) == ""
        sign_in(page, "Fay")
        assert session(page) not in {"", first, planted}
        for old in (first, planted):
            page.context.add_cookies([{"name": COOKIE, "value": old, "url": site.node.url}])
            page.goto(site.url("/messages"))
            expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    with site.open_page(state={}) as page:
        page.do(visit)


def test_a_viewer_is_shown_nothing_to_change_and_is_refused_by_hand(site: Site) -> None:
    make_user(site, "Vera", "viewer")
    paths = (f"/{ACCOUNT}/identities/new", f"/{ACCOUNT}/keys", "/users", "/accounts")

    def look(page: Page) -> None:
        page.goto(f"{site.node.url}/console/sign-in")
        sign_in(page, "Vera")
        menu(page, "Identities")
        expect(
            page.get_by_role("main").get_by_role("link", name="Add a domain or address")
        ).to_have_count(0)
        expect(page.get_by_role("link", name="Access keys")).to_have_count(0)
        for path in paths:
            answer = page.goto(f"{site.node.url}/console{path}")
            assert answer is not None
            assert answer.status == 403
        csrf = page.locator("[name=csrf]").first.get_attribute("value") or ""
        forged = page.request.post(
            site.url("/suppression"),
            form={"csrf": csrf, "new": "a@example.com", "new-reason": "BOUNCE"},
            headers={"Origin": site.node.url},
        )
        assert forged.status == 403
        assert "a@example.com" not in page.request.get(site.url("/suppression")).text()

    with site.open_page(state={}) as page:
        page.do(look)


def test_a_user_is_made_gets_another_role_and_is_kept_out_and_the_log_tells(tab: Tab) -> None:
    name = f"Uma on a {tab.size}"

    def manage(page: Page) -> None:
        page.goto(tab.site.url())
        menu(page, "Users")
        follow(page, "Make a user")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Make the user")
        expect(page.get_by_role("status")).to_contain_text(f"{name} can sign in now.")
        follow(page, name)
        page.get_by_role("combobox", name="Role").select_option("operator")
        press(page, "Save")
        press(page, "Keep it from signing in")
        expect(page.get_by_text("Disabled", exact=True)).to_be_visible()

    def read_log(page: Page) -> None:
        menu(page, "Audit log of all")
        page.get_by_label("Action").fill("user.")
        press(page, "Filter")
        rows = page.get_by_role("row").filter(has_text=name)
        expect(rows).to_have_count(3)
        for row, action in enumerate(("user.disable", "user.role", "user.create")):
            expect(rows.nth(row)).to_contain_text(action)
            expect(rows.nth(row)).to_contain_text(NAME)

    tab.do(manage)
    tab.do(read_log)
