"""A domain from its DNS records to its deletion, wide and narrow, with a real DNS."""

import shlex
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import menu
from tests.browser.town import Town
from tests.peers.browser import needs_chromium

pytestmark = needs_chromium


def test_a_domain_is_added_its_records_are_set_and_it_is_verified(
    town: Town, street: Tab, domain: str
) -> None:
    def add(page: Page) -> None:
        page.goto(street.site.url())
        menu(page, "Identities")
        page.goto(street.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill(domain)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting")
        expect(page.get_by_role("button", name="Copy").first).to_be_visible()

    def set_records(page: Page) -> None:
        with page.expect_download() as download:
            page.get_by_role("link", name="Zone file").click()
        zone = Path(download.value.path()).read_text()
        records = [line.split() for line in zone.splitlines() if " IN CNAME " in line]
        names = [line[0].rstrip(".") for line in records]
        town.zone.set(names[0], "CNAME", "elsewhere.example")
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_text("Different", exact=True)).to_have_count(1)
        expect(page.get_by_text("elsewhere.example")).to_be_visible()
        expect(page.get_by_text("Missing", exact=True)).to_have_count(2)
        for name, line in zip(names, records, strict=True):
            town.zone.set(name, "CNAME", line[-1].rstrip("."))
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Verified", timeout=30_000)
        expect(page.get_by_text("Found", exact=True)).to_have_count(3)

    def change_and_delete(page: Page) -> None:
        mail_from = page.get_by_role("region", name="MAIL FROM domain")
        mail_from.get_by_label("Domain").fill("elsewhere.example")
        mail_from.get_by_role("button", name="Save").click()
        expect(mail_from.get_by_label("Domain")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Sign mail from this domain")).to_be_checked()
        mail_from.get_by_label("Domain").fill(f"bounces.{domain}")
        mail_from.get_by_role("button", name="Save").click()
        expect(page.get_by_role("table")).to_contain_text(f"bounces.{domain}")
        page.get_by_label("Forward bounces and complaints by mail").uncheck()
        page.get_by_role("region", name="Feedback").get_by_role("button", name="Save").click()
        expect(page.get_by_label("Forward bounces and complaints by mail")).not_to_be_checked()
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete").click()
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
        page.get_by_role("link", name="Change the keys").click()
        page.get_by_label("Your own (BYODKIM)").check()
        page.get_by_label("Selector of yours").fill("mine")
        field = page.get_by_label("Private key of yours")
        field.fill(key[:200])
        page.get_by_role("button", name="Save").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("")
        expect(page.get_by_label("Selector of yours")).to_have_value("mine")
        field.fill(key)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")

    def publish(page: Page) -> None:
        dkim = page.get_by_role("region", name="DKIM")
        expect(dkim).to_contain_text("your own, 2048 bits")
        record = page.get_by_role("row").filter(has_text=f"mine._domainkey.{domain}")
        strings = shlex.split(record.locator("code").last.inner_text())  # as in a zone file
        town.zone.set(f"mine._domainkey.{domain}", "TXT", "".join(strings))
        page.get_by_role("button", name="Check now").click()
        expect(record).to_contain_text("Found")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Verified", timeout=30_000)

    def take_ours_again(page: Page) -> None:
        page.get_by_role("link", name="Change the keys").click()
        expect(page.get_by_label("Private key of yours")).to_have_value("")
        page.get_by_label("Ours (Easy DKIM)").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("region", name="DKIM")).to_contain_text("ours, 2048 bits")

    for step in (give, publish, take_ours_again):
        street.do(step)
