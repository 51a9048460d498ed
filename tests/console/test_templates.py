"""Templates in the console: written, previewed before they are saved, changed, deleted, sent."""

import html

import pytest

from pillarbox.manage import templates as manage
from pillarbox.manage.templates import EmailTemplate
from pillarbox.model.send import TemplatedContent
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW, OTHER

TEMPLATES = f"/console/{ACCOUNT}/templates"
ONE = f"{TEMPLATES}/one/Welcome"
FIELDS = {
    "subject": "Hello {{name}}",
    "html": '<p style="color: red">Dear {{name}}</p><script>alert(1)</script>',
    "text": "Dear {{name}}",
}
DATA = {"data": '{"name": "A & B"}'}


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def add(console, name="Welcome", account_id=ACCOUNT, **parts):
    parts = {"subject": "Hello {{name}}", "text": "Dear {{name}}", "html": None} | parts
    with console.store.transaction() as conn:
        manage.create_template(conn, account_id, EmailTemplate(name=name, **parts), now=NOW)


def found(console, name="Welcome"):
    with console.store.engine.begin() as conn:
        return manage.get_template(conn, ACCOUNT, name)


async def test_a_template_is_created_changed_and_deleted(console, browser):
    assert "No templates yet" in (await browser.open(TEMPLATES)).text
    await browser.open(f"{TEMPLATES}/new")
    answer = await browser.post(TEMPLATES, FIELDS | {"name": "Welcome"})
    assert browser.path == ONE
    assert "Welcome is created." in answer.text
    assert found(console).html == FIELDS["html"]
    await browser.post(ONE, FIELDS | {"html": "", "subject": "Good day"})
    changed = found(console)
    assert (changed.subject, changed.html, changed.text) == ("Good day", None, FIELDS["text"])
    assert "Delete Welcome?" in (await browser.open(f"{ONE}/delete")).text
    await browser.post(f"{ONE}/delete")
    assert "No templates yet" in (await browser.open(TEMPLATES)).text


async def test_a_preview_shows_what_is_not_saved_yet_without_its_scripts_and_network(
    console, browser
):
    add(console)
    await browser.open(ONE)
    answer = await browser.post(f"{ONE}/preview", FIELDS | DATA)
    assert "<dd>Hello A &amp; B</dd>" in answer.text
    frame = answer.text.partition("<iframe")[2].partition(">")[0]
    assert " sandbox" in frame
    assert "allow-" not in frame
    framed = html.unescape(frame.partition('srcdoc="')[2].partition('"')[0])
    assert framed.startswith("<!doctype html><meta http-equiv=")
    assert "default-src 'none'" in framed
    assert "Dear A &amp; B" in framed
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "<script>alert" not in answer.text
    assert found(console).subject == "Hello {{name}}"
    assert FIELDS["text"] in answer.text  # the form keeps what was typed


async def test_one_that_is_not_saved_yet_is_previewed_too(browser):
    await browser.open(f"{TEMPLATES}/new")
    answer = await browser.post(f"{TEMPLATES}/preview", FIELDS | DATA)
    assert "<dd>Hello A &amp; B</dd>" in answer.text
    assert "No templates yet" in (await browser.open(TEMPLATES)).text


@pytest.mark.parametrize(
    ("fields", "part", "words"),
    [
        ({"subject": ""}, "subject", "The subject must be specified."),
        ({"html": "{{#if a}}"}, "html", "if"),
        ({"html": "{{ses:openTracker}}" * 2}, "html", "more than once"),
        ({"text": "{{"}, "text", ""),
        ({"html": "", "text": ""}, "html", "must have a text or an HTML part"),
        ({"name": "no name"}, "name", "Invalid template name"),
        ({"name": ""}, "name", "The template name must be specified."),
    ],
    ids=["subject", "block", "pixel", "text", "parts", "name", "nameless"],
)
async def test_what_is_wrong_stands_beside_its_part(browser, fields, part, words):
    await browser.open(f"{TEMPLATES}/new")
    answer = await browser.post(TEMPLATES, FIELDS | {"name": "Welcome"} | fields)
    assert answer.status == 422
    problem = answer.text.partition(f'id="{part}-problem">')[2].partition("</p>")[0]
    assert problem
    assert words in html.unescape(problem)


async def test_a_name_that_is_taken_is_told(console, browser):
    add(console)
    await browser.open(f"{TEMPLATES}/new")
    answer = await browser.post(TEMPLATES, FIELDS | {"name": "Welcome"})
    assert answer.status == 422
    assert "Template Welcome already exists for account id" in answer.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{}", "Attribute 'name' is not present in the rendering data."),
        ("[1]", "Template rendering data is invalid"),
    ],
    ids=["missing", "no-object"],
)
async def test_data_that_does_not_fit_is_told_beside_it(console, browser, data, words):
    add(console)
    await browser.open(ONE)
    answer = await browser.post(f"{ONE}/preview", FIELDS | {"data": data})
    assert answer.status == 422
    problem = answer.text.partition('id="data-problem">')[2].partition("</p>")[0]
    assert words in html.unescape(problem)


async def test_a_viewer_previews_what_is_saved_and_nothing_else(console):
    add(console)
    browser = await console.signed_in(Role.VIEWER)
    page = (await browser.open(ONE)).text
    assert "Save" not in page
    answer = await browser.post(f"{ONE}/preview", DATA | {"subject": "Other"})
    assert "<dd>Hello A &amp; B</dd>" in answer.text


async def test_a_test_mail_is_made_of_a_template(console, browser):
    add(console)
    send = f"/console/{ACCOUNT}/send?template=Welcome"
    assert "Template data" in (await browser.open(send)).text
    fields = {"sender": "a@example.com", "to": "b@example.com"}
    await browser.post(send, fields | DATA)
    content = console.sent[0].content
    assert isinstance(content, TemplatedContent)
    assert (content.use.template, content.data) == ("Welcome", DATA["data"])
    await browser.open(send)
    answer = await browser.post(send, fields | {"data": "{}"})
    assert "Attribute &#39;name&#39; is not present" in answer.text
    assert len(console.sent) == 1


async def test_the_list_pages_and_filters(console, browser):
    with console.store.transaction() as conn:
        for number in range(51):
            new = EmailTemplate(name=f"T{number:02}", subject="s", text="t", html=None)
            manage.create_template(conn, ACCOUNT, new, now=NOW)
    page = (await browser.open(TEMPLATES)).text
    assert "T49" in page
    assert "T50" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "T50" in (await browser.open(following.replace("&amp;", "&"))).text
    page = (await browser.open(f"{TEMPLATES}?name=t3")).text
    assert "T33" in page
    assert "T40" not in page
    assert "Nothing found" in (await browser.open(f"{TEMPLATES}?name=%25")).text


async def test_a_template_of_another_account_is_not_there(console, browser):
    add(console, account_id=OTHER)
    assert (await browser.open(ONE)).status == 404
    assert (await browser.open(f"/console/{ACCOUNT}/send?template=Welcome")).status == 404
    assert (await browser.post(f"{ONE}/delete")).status == 404
