"""A template's preview in a browser: its HTML is shown, and runs and loads nothing."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import in_browser, press

pytestmark = in_browser
HTML = """<p style="color: rgb(1, 2, 3)">Dear {{name}}</p>
<img src="/console/static/pillarbox.svg" alt="ours"><img src="http://192.0.2.1/x.png" alt="theirs">
<script>document.body.textContent = 'it ran'</script>"""


def test_a_preview_shows_the_form_and_runs_and_loads_nothing(tab: Tab) -> None:
    def look(page: Page) -> None:
        page.goto(tab.site.url("/templates/new"))
        page.get_by_label("Subject").fill("Hello {{name}}")
        page.get_by_label("HTML").fill(HTML)
        page.get_by_label("Test data").fill('{"name": "Ada"}')
        press(page, "Preview")
        expect(page.get_by_role("heading", name="Preview")).to_be_visible()
        expect(page.get_by_text("Hello Ada")).to_be_visible()
        mail = page.frame_locator("iframe.mail")
        expect(mail.get_by_text("Dear Ada")).to_have_css("color", "rgb(1, 2, 3)")
        for name in ("ours", "theirs"):
            picture = mail.get_by_alt_text(name)
            expect(picture).to_have_js_property("complete", True)
            expect(picture).to_have_js_property("naturalWidth", 0)
        expect(page.get_by_label("HTML")).to_have_value(HTML)

    tab.do(look)
