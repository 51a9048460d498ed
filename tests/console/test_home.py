"""An account's home: the checklist that ticks itself."""

from pillarbox.manage.tracking_settings import set_account_tracking
from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW
from tests.store.rows import add_identity

HOME = f"/console/{ACCOUNT}"


async def test_first_steps_tick_themselves(console):
    browser = await console.signed_in(Role.OPERATOR)
    assert (await browser.open(HOME)).text.count(">Done<") == 0
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
        set_account_tracking(
            conn,
            ACCOUNT,
            TrackingSetting(enabled=True, opens=True, dimension="ACCOUNT"),
            now=NOW,
            everything_verified=True,
        )
    assert (await browser.open(HOME)).text.count(">Done<") == 2
