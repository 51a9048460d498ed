"""What the settings say of reputation, and the loop that judges by it. Values and wiring only."""

from functools import partial
from pathlib import Path

from pillarbox.app.policies import new_stamp
from pillarbox.base.settings import Settings
from pillarbox.manage.reputation.enforcement import Enforcement
from pillarbox.manage.reputation.mail import EnforcementMails
from pillarbox.manage.reputation.rates import thresholds_of
from pillarbox.observe.gauges import write_gauges
from pillarbox.store.store import Store


def open_enforcement(
    store: Store, settings: Settings, owner: str, signing: tuple[str, str], metrics: Path
) -> Enforcement:
    """Make what judges accounts; `signing`: the service's own key, `metrics`: the node's folder."""
    mails = EnforcementMails(
        service=settings.service.domain,
        to=settings.service.operator_email,
        stamp=lambda now: new_stamp(settings, now),
        signing=signing,
    )
    return Enforcement(
        store,
        owner,
        limits=thresholds_of(settings),
        enforce=settings.reputation.enforce,
        mails=mails,
        show=partial(write_gauges, metrics),
    )
