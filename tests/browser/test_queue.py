"""Mail on its way: held, released, tried again, given up; who is on the suppression list."""

from contextlib import closing
from hashlib import sha256

from playwright.sync_api import Page, expect
from sqlalchemy import insert

from pillarbox.console.steps import MOST_PORTIONS
from pillarbox.manage.seen.queue import PORTION
from pillarbox.model.queued import HELD, lane_of
from pillarbox.store.store import Store
from pillarbox.store.tables import recipients
from tests.browser.axe import AXE, add_axe, violations
from tests.browser.conftest import Tab
from tests.browser.site import ACCOUNT, Site, follow, in_browser, menu, press
from tests.browser.town import Town

pytestmark = in_browser


def receive_for(town: Town, domain: str) -> None:
    """Have the receiving host take mail for a domain."""
    town.zone.set(domain, "MX", "10 mx.receiver.example")


def test_a_message_is_held_released_tried_again_and_arrives(
    town: Town, street: Tab, domain: str
) -> None:
    receive_for(town, domain)
    who = f"busy-{street.size}"
    message_id = town.send(f"{who}@{domain}", subject=f"Waiting on a {street.size}")
    town.tried(message_id)

    def act(page: Page) -> None:
        page.goto(street.site.url())
        menu(page, "Messages")
        page.get_by_label("Recipient").fill(f"{who}@{domain}")
        press(page, "Search")
        follow(page, f"Waiting on a {street.size}")
        expect(page.get_by_role("table").first).to_contain_text("451 4.3.2 Please try again later")
        page.get_by_text("Conversation").first.click()
        expect(page.get_by_role("cell", name="RCPT", exact=True)).to_be_visible()
        press(page, "Hold")
        expect(page.get_by_role("status")).to_contain_text("1 recipient is set aside.")
        press(page, "Release")
        expect(page.get_by_role("status")).to_contain_text("1 recipient is in the queue again.")
        town.tried(message_id, 2)  # it is due at once
        town.receiver.says = {who: b"250 2.1.5 Ok"} | town.receiver.says
        press(page, "Retry now")
        delivered = page.get_by_text("delivered", exact=True).first
        expect(delivered).to_be_visible()

    street.do(act)


def test_a_message_is_given_up_after_a_question(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    message_id = town.send(f"busy@{domain}", subject="Never mind")
    town.tried(message_id)

    def give_up(page: Page) -> None:
        page.goto(desk.site.url(f"/messages/{message_id}"))
        follow(page, "Give up")
        expect(page.get_by_role("heading", level=1)).to_have_text("Give up “Never mind”?")
        press(page, "Give it up")
        expect(page.get_by_role("status")).to_contain_text("1 recipient is given up.")
        expect(page.get_by_text("cancelled").first).to_be_visible()

    desk.do(give_up)


def test_a_destination_is_held_released_and_given_up(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    message_id = town.send(f"busy1@{domain}", f"busy2@{domain}")
    town.tried(message_id, 2)

    def act(page: Page) -> None:
        page.goto(desk.site.url())
        menu(page, "Queue")
        press(page, f"Hold {domain}")
        expect(page.get_by_role("status")).to_contain_text(
            f"2 recipients at {domain} are set aside."
        )
        expect(page.get_by_role("heading", name="Set aside")).to_be_visible()
        press(page, f"Release {domain}")
        expect(page.get_by_role("status")).to_contain_text("are in the queue again.")
        town.tried(message_id, 4)  # both are due at once, and nobody gives up what a worker has
        follow(page, f"Give up {domain}")
        press(page, "Give it up")
        expect(page.get_by_role("status")).to_contain_text("are given up.")
        expect(page.get_by_role("row").filter(has_text=domain)).to_have_count(0)

    desk.do(act)


def set_aside(site: Site, domain: str, number: int) -> None:
    """Write recipients of a domain that are set aside, as many as no test can send."""
    store = Store(f"sqlite:///{site.node.data / 'pillarbox.sqlite'}")
    row = {
        "message_id": sha256(domain.encode()).digest()[:16],
        "account_id": ACCOUNT,
        "lane": lane_of(f"@{domain}", ACCOUNT),
        "state": HELD,
        "size": 1,
        "due_at": 1,
        "attempts": 0,
    }
    rows = [row | {"position": n, "address": f"reader{n}@{domain}"} for n in range(number)]
    with closing(store), store.transaction() as conn:
        conn.execute(insert(recipients), rows)


def give_up(page: Page, site: Site, domain: str) -> None:
    """Give up what is set aside for a domain."""
    page.goto(site.url("/queue"))
    follow(page, f"Give up {domain}")
    press(page, "Give it up")


def test_more_than_a_step_takes_goes_on_by_itself(site: Site, domain: str) -> None:
    number = MOST_PORTIONS * PORTION + 1
    set_aside(site, domain, number)

    def see(page: Page) -> None:
        give_up(page, site, domain)
        done = f"{number:,} recipients at {domain} are given up."
        expect(page.get_by_role("status")).to_have_text(done)
        expect(page.get_by_role("row").filter(has_text=domain)).to_have_count(0)

    with site.open_page() as page:
        page.do(see)


def test_without_scripts_a_button_goes_on_and_one_may_stop(site: Site, domain: str) -> None:
    step = MOST_PORTIONS * PORTION
    set_aside(site, domain, step + 2)

    def stop(page: Page) -> None:
        page.add_init_script("HTMLFormElement.prototype.requestSubmit = () => {}")
        if AXE.exists():
            add_axe(page)
        give_up(page, site, domain)
        done = f"{step:,} recipients at {domain} are given up."
        expect(page.get_by_role("status")).to_have_text(done)
        assert not AXE.exists() or violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        follow(page, "Stop")
        left = page.get_by_role("row").filter(has_text=domain)
        expect(left.get_by_role("cell").first).to_have_text("2")

    def go_on(page: Page) -> None:
        set_aside(site, f"more-{domain}", step + 2)
        give_up(page, site, f"more-{domain}")
        press(page, "Go on")
        done = f"{step + 2:,} recipients at more-{domain} are given up."
        expect(page.get_by_role("status")).to_have_text(done)

    with site.open_page("phone") as page:
        page.do(stop)
        page.do(go_on)


def test_an_address_is_suppressed_and_taken_off_again(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    address = f"left@{domain}"

    def add(page: Page) -> None:
        page.goto(desk.site.url())
        menu(page, "Suppression list")
        page.get_by_label("Address to add").fill(address)
        page.get_by_label("As", exact=True).select_option("COMPLAINT")
        press(page, "Add")
        expect(page.get_by_role("status")).to_contain_text(f"{address} is sent nothing more.")

    def see_and_take_off(page: Page) -> None:
        page.goto(desk.site.url(f"/messages/{message_id}"))
        expect(page.get_by_role("row").filter(has_text=address).first).to_contain_text("suppressed")
        page.goto(desk.site.url("/suppression"))
        page.get_by_label("Address", exact=True).fill(address)
        press(page, "Filter")
        press(page, f"Take off {address}")
        expect(page.get_by_role("status")).to_contain_text(f"{address} can be sent to again.")

    desk.do(add)
    message_id = town.send(address)
    desk.do(see_and_take_off)
