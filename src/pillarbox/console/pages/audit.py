"""The audit log: of an account for who sees it, of everything for administrators."""

from starlette.responses import Response

from pillarbox.console.asked import asked_text, moment_of
from pillarbox.console.form import FormError
from pillarbox.console.listing import path_of
from pillarbox.console.page import show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.people.audit import list_audit
from pillarbox.model.user import Role

PAGE_SIZE = 50
WHEN = Sort("when", "at", falling=True)
_FIELDS = ("actor", "action", "since", "until")


async def audit(visit: Visit) -> Response:
    """List changes, the newest first, or the oldest."""
    sorting = sorting_of(visit, WHEN)
    typed = {name: asked_text(visit, name) for name in _FIELDS}
    try:
        since, until = (moment_of(name, typed[name]) for name in ("since", "until"))
    except FormError as error:
        visit.problems = error.problems
        since = until = 0  # nothing is of that time
    before = _cursor(visit.query.get("before", ""))
    account_id = visit.account.id if visit.account else None
    found = await visit.read(
        lambda conn: list_audit(
            conn,
            account_id=account_id,
            limit=PAGE_SIZE + 1,
            before=before,
            actor=typed["actor"],
            action=typed["action"],
            since=since,
            until=until,
            oldest_first=not sorting.falling,
        )
    )
    entries = found[:PAGE_SIZE]
    url = visit.request.url
    return visit.page(
        "audit.html",
        entries=entries,
        typed=typed,
        sorting=sorting,
        status=422 if visit.problems else 200,
        days=visit.services.settings.store.audit_days,
        first=path_of(url.remove_query_params("before")) if before else "",
        next=path_of(url.include_query_params(before=entries[-1].cursor.hex()))
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
