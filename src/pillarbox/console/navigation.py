"""The menu: which pages there are for this user. A page that isn't there has no entry."""

from dataclasses import dataclass

from pillarbox.console.visit import ROOT, Visit
from pillarbox.model.user import Role

Entry = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the menu. `below`: the part of the path that its pages share, itself by default.
    `role`: the least role that may; `capture`: for capture mode alone.
    """

    group: str
    label: str
    path: str
    below: str = ""
    role: Role = Role.VIEWER
    capture: bool = False

    def is_for(self, visit: Visit) -> bool:
        """Tell whether this visitor has a use for it."""
        capturing = visit.services.settings.capturing
        return visit.person.role >= self.role and (capturing or not self.capture)

    def is_here(self, base: str, here: str) -> bool:
        """Tell whether an address is this page or one below it."""
        address = base + (self.below or self.path)
        return here == address or (self.path != "" and here.startswith(address + "/"))


#: Pages of an account.
ACCOUNT_PAGES = (
    Place("Account", "Home", ""),
    Place("Account", "Reputation", "/reputation"),
    Place("Mail", "Send a test mail", "/send", role=Role.OPERATOR),
    Place("Mail", "Messages", "/messages"),
    Place("Mail", "Captured mail", "/captured", capture=True),
    Place("Mail", "Queue", "/queue"),
    Place("Mail", "Templates", "/templates"),
    Place("Mail", "Suppression list", "/suppression"),
    Place("Mail", "Contact lists", "/contacts"),
    Place("Mail", "Segments", "/segments"),
    Place("Email Configuration", "Identities", "/identities"),
    Place("Email Configuration", "Configuration sets", "/sets"),
    Place("Email Configuration", "Events", "/events"),
    Place("Email Configuration", "Topics and webhooks", "/topics"),
    Place("Email Configuration", "Tracking Settings", "/tracking/domains", "/tracking"),
    Place("Email Configuration", "Dedicated IPs", "/ips"),
    Place("Administration", "Access keys", "/keys", role=Role.ADMIN),
    Place("Administration", "Audit log", "/audit"),
)
#: Pages of the deployment, for administrators who see all accounts.
DEPLOYMENT_PAGES = (
    Place("Deployment", "Accounts", "/accounts", role=Role.ADMIN),
    Place("Deployment", "Destinations", "/shaping"),
    Place("Deployment", "Users", "/users", role=Role.ADMIN),
    Place("Deployment", "Sending addresses", "/addresses", role=Role.ADMIN),
    Place("Deployment", "Unproven reports", "/reports", role=Role.OPERATOR),
    Place("Deployment", "Audit log of all", "/audit", role=Role.ADMIN),
)


def navigation(visit: Visit) -> list[tuple[str, list[Entry]]]:
    """Give the groups of the menu with their entries: label, address, whether it is this page."""
    groups: dict[str, list[Entry]] = {}
    here = visit.request.url.path
    account = visit.account or (visit.accounts[0] if len(visit.accounts) == 1 else None)
    if visit.user is None:
        return []
    shown = [(f"{ROOT}/{account.id}", one) for one in ACCOUNT_PAGES] if account else []
    if visit.user.account_id is None:
        shown += [(ROOT, one) for one in DEPLOYMENT_PAGES]
    for base, one in ((base, one) for base, one in shown if one.is_for(visit)):
        entry = (one.label, base + one.path, one.is_here(base, here))
        groups.setdefault(one.group, []).append(entry)
    return list(groups.items())
