"""The audit log: of an account for who sees it, of everything for administrators."""

from starlette.responses import Response

from pillarbox.console.page import show
from pillarbox.console.visit import Visit
from pillarbox.manage.audit import list_audit
from pillarbox.model.user import Role

PAGE_SIZE = 50


async def audit(visit: Visit) -> Response:
    """List changes, the newest first."""
    actor, action = visit.query.get("actor", "").strip(), visit.query.get("action", "").strip()
    before = _cursor(visit.query.get("before", ""))
    account_id = visit.account.id if visit.account else None
    found = await visit.read(
        lambda conn: list_audit(
            conn,
            account_id=account_id,
            limit=PAGE_SIZE + 1,
            before=before,
            actor=actor,
            action=action,
        )
    )
    entries = found[:PAGE_SIZE]
    url = visit.request.url
    return visit.page(
        "audit.html",
        entries=entries,
        actor=actor,
        action=action,
        first=str(url.remove_query_params("before")) if before else "",
        next=str(url.include_query_params(before=entries[-1].cursor.hex()))
        if len(found) > PAGE_SIZE
        else "",
    )


def _cursor(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None


PAGES = (
    show("/audit", Role.ADMIN, audit, everywhere=True),
    show("/{account}/audit", Role.VIEWER, audit),
)
