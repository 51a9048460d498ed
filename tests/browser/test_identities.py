"""A domain from its DNS records to its deletion, wide and narrow, with a real DNS."""

import shlex
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, menu, press, press_until
from tests.browser.town import Town

pytestmark = in_browser


def says(page: Page, **states: int) -> bool:
    """Tell whether so many records are in each of some states."""
    return all(page.get_by_text(one, exact=True).count() == states[one] for one in states)


def test_a_domain_is_added_its_records_are_set_and_it_is_verified(
    town: Town, street: Tab, domain: str
) -> None:
    def add(page: Page) -> None:
        page.goto(street.site.url())
        menu(page, "Identities")
        page.goto(street.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill(domain)
        press(page, "Add")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting")
        expect(page.get_by_role("button", name="Copy").first).to_be_visible()

    def set_records(page: Page) -> None:
        with page.expect_download() as download:
            page.get_by_role("link", name="Zone file").click()
        zone = Path(download.value.path()).read_text()
        records = [line.split() for line in zone.splitlines() if " IN CNAME " in line]
        names = [line[0].rstrip(".") for line in records]
        town.zone.set(names[0], "CNAME", "elsewhere.example")
        press_until(page, "Check now", lambda: says(page, Different=1, Missing=2))
        expect(page.get_by_text("elsewhere.example")).to_be_visible()
        for name, line in zip(names, records, strict=True):
            town.zone.set(name, "CNAME", line[-1].rstrip("."))
        press_until(page, "Check now", lambda: says(page, Found=3))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Verified")

    def change_and_delete(page: Page) -> None:
        mail_from = page.get_by_role("region", name="MAIL FROM domain")
        mail_from.get_by_label("Domain").fill("elsewhere.example")
        press(page, "Save", mail_from)
        expect(mail_from.get_by_label("Domain")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Sign mail from this domain")).to_be_checked()
        mail_from.get_by_label("Domain").fill(f"bounces.{domain}")
        press(page, "Save", mail_from)
        expect(page.get_by_role("table")).to_contain_text(f"bounces.{domain}")
        page.get_by_label("Forward bounces and complaints by mail").uncheck()
        press(page, "Save", page.get_by_role("region", name="Feedback"))
        expect(page.get_by_label("Forward bounces and complaints by mail")).not_to_be_checked()
        follow(page, "Delete")
        press(page, "Delete")
        expect(page.get_by_role("status")).to_contain_text(domain)
        expect(page.get_by_role("table")).not_to_contain_text(domain)

    for step in (add, set_records, change_and_delete):
        street.do(step)


def test_a_domain_gets_a_key_of_its_own(town: Town, street: Tab, domain: str) -> None:
    made = rsa.generate_private_key(65537, 2048)
    key = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    town.add_domain(domain, publish=False)

    def give(page: Page) -> None:
        page.goto(street.site.url(f"/identities/{domain}"))
        follow(page, "Change the keys")
        page.get_by_label("Your own (BYODKIM)").check()
        page.get_by_label("Selector of yours").fill("mine")
        field = page.get_by_label("Private key of yours")
        field.fill(key[:200])
        press(page, "Save")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("")
        expect(page.get_by_label("Selector of yours")).to_have_value("mine")
        field.fill(key)
        press(page, "Save")
        expect(page.get_by_role("status")).to_contain_text("Saved.")

    def publish(page: Page) -> None:
        dkim = page.get_by_role("region", name="DKIM")
        expect(dkim).to_contain_text("your own, 2048 bits")
        record = page.get_by_role("row").filter(has_text=f"mine._domainkey.{domain}")
        strings = shlex.split(record.locator("code").last.inner_text())  # as in a zone file
        town.zone.set(f"mine._domainkey.{domain}", "TXT", "".join(strings))
        press_until(page, "Check now", lambda: says(page, Found=1))
        expect(record).to_contain_text("Found")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Verified")

    def take_ours_again(page: Page) -> None:
        follow(page, "Change the keys")
        expect(page.get_by_label("Private key of yours")).to_have_value("")
        page.get_by_label("Ours (Easy DKIM)").check()
        press(page, "Save")
        expect(page.get_by_role("region", name="DKIM")).to_contain_text("ours, 2048 bits")

    for step in (give, publish, take_ours_again):
        street.do(step)
