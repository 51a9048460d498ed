"""Mail that means harm, looked at in the console: nothing of it runs, and nothing is loaded."""

from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import ACCOUNT, Site, in_browser
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.peers.webhook import Webhook, webhook

pytestmark = in_browser
EVIL = """"><img src=x onerror="document.title='run'"><script>document.title='run'</script>"""
HTML = """<html><head><base href="{url}/"><link rel="stylesheet" href="{url}/style.css">
<meta http-equiv="refresh" content="0; url={url}/refresh">
<style>@import "{url}/import.css"; body {{ background: url({url}/background.png) }}</style></head>
<body onload="parent.document.title='run'"><h1>Hello</h1>
<script>top.document.title = 'run'; fetch('{url}/fetch'); top.location = '{url}/top'</script>
<img src="{url}/pixel.png" onerror="parent.document.title='run'"><img srcset="{url}/set.png 2x">
<svg onload="parent.document.title='run'"><image href="{url}/svg.png"/></svg>
<iframe src="{url}/frame"></iframe><object data="{url}/object"></object><embed src="{url}/embed">
<video src="{url}/video" poster="{url}/poster.png" autoplay></video>
<audio src="{url}/audio"></audio>
<form action="{console}/users" method="post" target="_top"><button autofocus>Win</button></form>
<a href="javascript:parent.document.title='run'" id="script">Script</a>
<a href="{console}/sign-out" target="_top" id="top">Away</a>
<a href="{url}/popup" target="_blank" id="popup">Popup</a>
</body></html>"""


def test_what_a_page_wants_elsewhere_is_refused_and_noted(site: Site) -> None:
    """So that a test may say that it wanted nothing."""
    want = "url => fetch(url, { method: 'POST', mode: 'no-cors' }).then(() => true, () => false)"
    with webhook() as elsewhere, site.open_page() as page:
        assert not page.do(lambda tab: tab.evaluate(want, elsewhere.url))
        assert elsewhere.asked == 0
        assert site.refused[-1] == elsewhere.url


@pytest.mark.parametrize("where", ["captured", "messages"])
def test_a_mail_runs_no_script_and_loads_nothing(site: Site, where: str) -> None:
    """Links in it lead nowhere, its forms send nothing; its header fields are text."""
    subject = f"{where} {EVIL}"
    with webhook() as elsewhere:
        path = f"/{ACCOUNT}/messages/{send(site, elsewhere, subject)}"
        inbox = f"/{ACCOUNT}/captured"
        until(lambda: f">{where} &#34;" in site.read(inbox), ARRIVAL_SECONDS, "the mail")
        if where == "captured":
            path = site.find(inbox, rf'href="/console(/\w+/captured/[\w-]+)">{where} &#34;')
        before = len(site.refused)
        with site.open_page() as page:
            page.do(lambda tab: look(tab, f"{site.node.url}/console{path}", subject))
        assert site.refused[before:] == []
        assert elsewhere.asked == 0


def look(page: Page, url: str, subject: str) -> None:
    """Open it and try what it offers."""
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Hello")).to_be_visible()
    for name in ("script", "top", "popup"):
        frame.locator(f"#{name}").click()
    frame.get_by_role("button", name="Win").click()
    page.locator("summary", has_text="Show").click()
    expect(page.locator("pre").last).to_contain_text("hostile@")
    assert (
        page.evaluate("new Promise(done => setTimeout(() => done(document.title), 300))") != "run"
    )
    assert page.url == url
    assert len(page.context.pages) == 1
    assert page.frames[1].evaluate("origin") == "null"


def send(site: Site, elsewhere: Webhook, subject: str) -> str:
    """Send it."""
    client = site.node.client("sesv2")
    if not any(
        one["IdentityName"] == "hostile.example"
        for one in client.list_email_identities()["EmailIdentities"]
    ):
        client.create_email_identity(EmailIdentity="hostile.example")
    mail = EmailMessage()
    mail["From"], mail["To"] = "hostile@hostile.example", "victim@receiver.example"
    mail["Subject"], mail["X-Evil"] = subject, subject
    mail.set_content("Hello")
    url = elsewhere.url.removesuffix("/hook")
    console = f"{site.node.url}/console"
    mail.add_alternative(HTML.format(url=url, console=console), subtype="html")
    sent = client.send_email(
        FromEmailAddress=str(mail["From"]),
        Destination={"ToAddresses": [str(mail["To"])]},
        Content={"Raw": {"Data": mail.as_bytes()}},
    )
    return str(sent["MessageId"])
