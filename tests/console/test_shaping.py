"""Destinations in the console: what holds now, why, and giving a group its limits back."""

from pillarbox.deliver.groups import load_groups
from pillarbox.manage.addresses.shaping import show_group
from pillarbox.model.user import Role
from pillarbox.store.addresses.shaping import write_state
from tests.console.conftest import NOW

SHAPING = "/console/shaping"


async def test_a_group_that_complained_says_why_and_is_reset_after_asking(console):
    with console.store.transaction() as conn:
        write_state(conn, "google", 0.25, "421 4.7.0 <too> many", NOW, NOW)
    browser = await console.signed_in(Role.OPERATOR)
    page = (await browser.open(SHAPING)).text
    assert "25 %" in page
    assert "421 4.7.0 &lt;too&gt; many" in page
    assert "microsoft" not in page
    assert "microsoft" in (await browser.open(f"{SHAPING}?all=1")).text
    await browser.open(f"{SHAPING}/google/reset")
    assert "google has its full limits." in (await browser.post(f"{SHAPING}/google/reset")).text
    with console.store.engine.begin() as conn:
        assert show_group(conn, load_groups(10), "google", NOW).factor == 1


async def test_a_group_that_nobody_knows_is_not_there(console):
    browser = await console.signed_in(Role.OPERATOR)
    assert (await browser.open(f"{SHAPING}/nobody/reset")).status == 404
    assert "Nothing is limited" in (await browser.open(SHAPING)).text
