"""Mail on its way: held, released, tried again, given up; who is on the suppression list."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import menu
from tests.browser.town import Town
from tests.peers.browser import needs_chromium

pytestmark = needs_chromium


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
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name=f"Waiting on a {street.size}").click()
        expect(page.get_by_role("table").first).to_contain_text("451 4.3.2 Please try again later")
        page.get_by_text("Conversation").first.click()
        expect(page.get_by_role("cell", name="RCPT", exact=True)).to_be_visible()
        page.get_by_role("button", name="Hold").click()
        expect(page.get_by_role("status")).to_contain_text("1 recipient is set aside.")
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("status")).to_contain_text("1 recipient is in the queue again.")
        town.receiver.says = {who: b"250 2.1.5 Ok"} | town.receiver.says
        page.get_by_role("button", name="Retry now").click()
        delivered = page.get_by_text("delivered", exact=True).first
        expect(delivered).to_be_visible(timeout=30_000)

    street.do(act)


def test_a_message_is_given_up_after_a_question(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    message_id = town.send(f"busy@{domain}", subject="Never mind")
    town.tried(message_id)

    def give_up(page: Page) -> None:
        page.goto(desk.site.url(f"/messages/{message_id}"))
        page.get_by_role("link", name="Give up").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Give up “Never mind”?")
        page.get_by_role("button", name="Give it up").click()
        expect(page.get_by_role("status")).to_contain_text("1 recipient is given up.")
        expect(page.get_by_text("cancelled").first).to_be_visible()

    desk.do(give_up)


def test_a_destination_is_held_released_and_given_up(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    town.tried(town.send(f"busy1@{domain}", f"busy2@{domain}"))

    def act(page: Page) -> None:
        page.goto(desk.site.url())
        menu(page, "Queue")
        page.get_by_role("button", name=f"Hold {domain}").click()
        expect(page.get_by_role("status")).to_contain_text(
            f"2 recipients at {domain} are set aside."
        )
        expect(page.get_by_role("heading", name="Set aside")).to_be_visible()
        page.get_by_role("button", name=f"Release {domain}").click()
        expect(page.get_by_role("status")).to_contain_text("are in the queue again.")
        page.get_by_role("link", name=f"Give up {domain}").click()
        page.get_by_role("button", name="Give it up").click()
        expect(page.get_by_role("status")).to_contain_text("are given up.")
        expect(page.get_by_role("row").filter(has_text=domain)).to_have_count(0)

    desk.do(act)


def test_an_address_is_suppressed_and_taken_off_again(town: Town, desk: Tab, domain: str) -> None:
    receive_for(town, domain)
    address = f"left@{domain}"

    def add(page: Page) -> None:
        page.goto(desk.site.url())
        menu(page, "Suppression list")
        page.get_by_label("Address to add").fill(address)
        page.get_by_label("As", exact=True).select_option("COMPLAINT")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("status")).to_contain_text(f"{address} is sent nothing more.")

    def see_and_take_off(page: Page) -> None:
        page.goto(desk.site.url(f"/messages/{message_id}"))
        expect(page.get_by_role("row").filter(has_text=address).first).to_contain_text(
            "suppressed", timeout=30_000
        )
        page.goto(desk.site.url("/suppression"))
        page.get_by_label("Address", exact=True).fill(address)
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("button", name=f"Take off {address}").click()
        expect(page.get_by_role("status")).to_contain_text(f"{address} can be sent to again.")

    desk.do(add)
    message_id = town.send(address)
    desk.do(see_and_take_off)
