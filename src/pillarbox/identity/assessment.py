"""What a check makes of an identity: its verification, its DKIM and its MAIL FROM domain. Pure.

Each of the three has a state and 72 hours of its own; they are looked up together, whenever the
first of them is due. A domain is verified by its TXT record or by a set of DKIM records (facts §7).
"""

from dataclasses import dataclass, field

from pillarbox.identity.finding import all_found, any_trouble, error_type
from pillarbox.identity.looking import Seen
from pillarbox.identity.schedule import CheckState, judge
from pillarbox.model.verification import (
    ACTIVE,
    FAILED,
    LINK_MS,
    PENDING,
    SUCCESS,
    TEMPORARY_FAILURE,
)
from pillarbox.store.identity.identities import IdentityRow


@dataclass(slots=True)
class Assessment:
    """What is to be written. `changes`: columns of the identity; `changed`: one of the states.

    `found_keys`: the keys that are to sign are in DNS; `lost_keys`: they are there no more.
    """

    changes: dict[str, object] = field(default_factory=dict)
    changed: bool = False
    found_keys: bool = False
    lost_keys: bool = False
    _next: list[int] = field(default_factory=list)

    def due(self, at: int | None) -> None:
        """Say when one of the states is to be looked at again; None: never."""
        if at is not None:
            self._next.append(at)

    @property
    def next_check_at(self) -> int | None:
        """When the first of them is due."""
        return min(self._next, default=None)


def assess(row: IdentityRow, seen: Seen, now: int) -> Assessment:
    """Judge an identity by what was found."""
    result = Assessment()
    if row.kind == "DOMAIN":
        _assess_dkim(row, seen, now, result)
        _assess_domain(row, seen, now, result)
    else:
        _assess_address(row, now, result)
    _assess_mail_from(row, seen, now, result)
    result.changes["next_check_at"] = result.next_check_at
    return result


def _assess_dkim(row: IdentityRow, seen: Seen, now: int, result: Assessment) -> None:
    if row.dkim not in ACTIVE:
        return
    findings = seen.external if row.external else seen.ours
    state = CheckState(
        status=row.dkim,
        started_at=row.dkim_started_at or row.check_started_at,
        checks=row.checks if row.dkim_checks is None else row.dkim_checks,
    )
    verdict = judge(state, found=all_found(findings), trouble=any_trouble(findings), now=now)
    result.changes |= {
        "dkim_status": verdict.status,
        "dkim_started_at": verdict.started_at,
        "dkim_checks": verdict.checks,
    }
    result.changed |= verdict.status != row.dkim_status
    # A release that knew no state of DKIM verified keys with their identity: they stand as well.
    stands = row.dkim_status is None and verdict.status == TEMPORARY_FAILURE
    result.found_keys = verdict.status == SUCCESS or stands
    result.lost_keys = verdict.status == FAILED
    result.due(verdict.next_check_at)


def _assess_domain(row: IdentityRow, seen: Seen, now: int, result: Assessment) -> None:
    if row.status not in ACTIVE and not seen.proven:
        return
    proofs = (*seen.txt, *seen.ours, *seen.external)
    state = CheckState(status=row.status, started_at=row.check_started_at, checks=row.checks)
    verdict = judge(state, found=seen.proven, trouble=any_trouble(proofs), now=now)
    result.changes |= {
        "status": verdict.status,
        "check_started_at": verdict.started_at,
        "checks": verdict.checks,
        "checked_at": now,
        "check_error": _error(row, seen),
        "soa": seen.soa,
    }
    if verdict.status == SUCCESS:
        result.changes["last_success_at"] = now
    result.changed |= verdict.status != row.status
    result.due(verdict.next_check_at)


def _error(row: IdentityRow, seen: Seen) -> str | None:
    """Tell what is amiss with DKIM where it was begun, else with the TXT record."""
    if row.dkim in ACTIVE:
        return error_type(seen.external if row.external else seen.ours)
    return error_type(seen.txt)


def _assess_address(row: IdentityRow, now: int, result: Assessment) -> None:
    """Give an address up when the link in its mail holds no more."""
    if row.status != PENDING:
        return
    if now - row.check_started_at < LINK_MS:
        result.due(row.check_started_at + LINK_MS)
        return
    result.changes["status"] = FAILED
    result.changed = True


def _assess_mail_from(row: IdentityRow, seen: Seen, now: int, result: Assessment) -> None:
    status = row.mail_from_status
    if row.mail_from_domain is None or status is None or status not in ACTIVE:
        return
    state = CheckState(
        status=status,
        started_at=row.mail_from_started_at or row.created_at,
        checks=row.mail_from_checks or 0,
    )
    verdict = judge(
        state,
        found=all_found(seen.mail_from),
        trouble=any_trouble(seen.mail_from),
        refused=any(one.state == "different" for one in seen.mail_from[:1]),
        now=now,
    )
    result.changes |= {
        "mail_from_status": verdict.status,
        "mail_from_started_at": verdict.started_at,
        "mail_from_checks": verdict.checks,
    }
    result.changed |= verdict.status != status
    result.due(verdict.next_check_at)
