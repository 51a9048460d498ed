"""The menu: which pages there are for this user. A page that isn't there has no entry."""

from pillarbox.console.visit import ROOT, Visit
from pillarbox.model.user import Role

Entry = tuple[str, str, bool]

#: Pages of an account: group, label, path below the account.
ACCOUNT_PAGES = (
    ("Account", "Home", ""),
    ("Account", "Audit log", "/audit"),
)
#: Pages of the deployment, for administrators who see all accounts.
DEPLOYMENT_PAGES = (
    ("Deployment", "Users", "/users"),
    ("Deployment", "Audit log", "/audit"),
)


def navigation(visit: Visit) -> list[tuple[str, list[Entry]]]:
    """Give the groups of the menu with their entries: label, address, whether it is this page."""
    groups: dict[str, list[Entry]] = {}
    here = visit.request.url.path
    account = visit.account or (visit.accounts[0] if len(visit.accounts) == 1 else None)
    if account is not None:
        base = f"{ROOT}/{account.id}"
        for group, label, path in ACCOUNT_PAGES:
            groups.setdefault(group, []).append((label, base + path, _is_here(here, base, path)))
    if visit.user and visit.user.role >= Role.ADMIN and visit.user.account_id is None:
        for group, label, path in DEPLOYMENT_PAGES:
            groups.setdefault(group, []).append((label, ROOT + path, _is_here(here, ROOT, path)))
    return list(groups.items())


def _is_here(here: str, base: str, path: str) -> bool:
    address = base + path
    return here == address or (path != "" and here.startswith(address + "/"))
