"""Custom verification mails in the console: written, previewed, changed, deleted."""

import html
from dataclasses import replace

import pytest

from pillarbox.console.console import open_console
from pillarbox.manage.identities import verification_templates as manage
from pillarbox.manage.identities.verification_templates import TemplateText
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import add_identity

MAILS = f"/console/{ACCOUNT}/templates/verification"
ONE = f"{MAILS}/one/ours"
FIELDS = {
    "sender": "hello@example.com",
    "subject": "Please confirm",
    "content": "<html><body><p>Is it you?</p></body></html>",
    "success": "https://www.example.com/yes",
    "failure": "https://www.example.com/no",
}


@pytest.fixture
async def browser(console):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    return await console.signed_in(Role.OPERATOR)


def add(console, account_id=ACCOUNT):
    new = TemplateText(
        name="ours",
        from_address="hello@example.com",
        subject="Please confirm",
        content=FIELDS["content"],
        success_url=FIELDS["success"],
        failure_url=FIELDS["failure"],
    )
    with console.store.transaction() as conn:
        if account_id != ACCOUNT:
            add_identity(conn, "example.com", account_id=account_id)
        manage.create_template(conn, account_id, new, now=NOW, everything_verified=False)


def found(console):
    with console.store.engine.begin() as conn:
        return manage.get_template(conn, ACCOUNT, "ours")


async def test_a_mail_is_created_changed_and_deleted(console, browser):
    assert "No verification mails yet" in (await browser.open(MAILS)).text
    await browser.open(f"{MAILS}/new")
    await browser.post(MAILS, FIELDS | {"name": "ours"})
    assert browser.path == ONE
    assert found(console).content == FIELDS["content"]
    await browser.post(ONE, FIELDS | {"subject": "Are you there?"})
    assert found(console).subject == "Are you there?"
    assert "Are you there?" in (await browser.open(MAILS)).text
    assert "Delete ours?" in (await browser.open(f"{ONE}/delete")).text
    await browser.post(f"{ONE}/delete")
    assert "No verification mails yet" in (await browser.open(MAILS)).text
    assert (await browser.post(f"{ONE}/delete")).status == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "TemplateName is required."),
        ({"name": "a b"}, "TemplateName can contain up to 64 characters."),
        ({"sender": ""}, "FromEmailAddress is required."),
        ({"sender": "a@elsewhere.example"}, "is not verified"),
        ({"subject": ""}, "TemplateSubject is required."),
        ({"content": ""}, "TemplateContent is required."),
        ({"success": "ftp://example.com"}, "The success redirection URL is invalid"),
        ({"failure": ""}, "FailureRedirectionURL is required."),
    ],
    ids=["nameless", "name", "senderless", "sender", "subject", "content", "success", "failure"],
)
async def test_what_is_wrong_stands_beside_its_field(console, browser, fields, words):
    settings = console.services.settings
    direct = replace(settings, deliver=replace(settings.deliver, mode="direct"))
    console.app = open_console(replace(console.services, settings=direct))
    browser._app = console.app
    await browser.open(f"{MAILS}/new")
    answer = await browser.post(MAILS, FIELDS | {"name": "ours"} | fields)
    assert answer.status == 422
    field = next(iter(fields))
    problem = answer.text.partition(f'id="{field}-problem">')[2].partition("</p>")[0]
    assert words in html.unescape(problem)


async def test_a_name_that_is_taken_is_told(console, browser):
    add(console)
    await browser.open(f"{MAILS}/new")
    answer = await browser.post(MAILS, FIELDS | {"name": "ours"})
    assert answer.status == 422
    assert "already exists" in answer.text.partition('id="name-problem">')[2]


async def test_a_preview_has_the_link_and_no_network(console, browser):
    add(console)
    await browser.open(ONE)
    answer = await browser.post(f"{ONE}/preview", FIELDS | {"content": "<p>Is it?</p>"})
    framed = html.unescape(answer.text.partition('srcdoc="')[2].partition('"')[0])
    assert "default-src 'none'" in framed
    assert "<p>Is it?</p><p><a href=" in framed
    assert found(console).content == FIELDS["content"]


async def test_a_viewer_sees_one_and_previews_it(console):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    add(console)
    browser = await console.signed_in(Role.VIEWER)
    assert "Please confirm" in (await browser.open(ONE)).text
    answer = await browser.post(f"{ONE}/preview", {})
    assert "Is it you?" in html.unescape(answer.text.partition('srcdoc="')[2])


async def test_a_mail_of_another_account_is_not_there(console, browser):
    add(console, account_id=OTHER)
    assert (await browser.open(ONE)).status == 404
