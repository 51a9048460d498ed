"""What a check makes of an identity, whatever it was and whatever is seen: nothing gets stuck."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.identity.assessment import assess
from pillarbox.identity.finding import Finding
from pillarbox.identity.looking import Seen
from pillarbox.model.verification import (
    ACTIVE,
    FAILED,
    LINK_MS,
    NOT_STARTED,
    PENDING,
    SUCCESS,
    TEMPORARY_FAILURE,
)
from pillarbox.store.identity.identities import IdentityRow

NOW, HOUR = 1_800_000_000_000, 3_600_000
STATES = [PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE]
TIMES = st.integers(NOW - 200 * HOUR, NOW)
FINDINGS = st.lists(
    st.sampled_from(["found", "missing", "different", "trouble"]).map(
        lambda state: Finding(name="n", expected="e", state=state)
    ),
    max_size=3,
).map(tuple)
SEEN = st.builds(
    Seen,
    ours=FINDINGS,
    external=FINDINGS,
    txt=FINDINGS.map(lambda found: found[:1]),
    mail_from=st.tuples(FINDINGS, FINDINGS).map(lambda two: (*two[0][:1], *two[1][:1])),
)


@st.composite
def rows(draw):
    """Rows as they can be: of this release and of the one before it."""
    kind = draw(st.sampled_from(["DOMAIN", "EMAIL_ADDRESS"]))
    domain, mail_from = kind == "DOMAIN", draw(st.booleans())
    return IdentityRow(
        account_id="1",
        name="example.com" if domain else "me@example.com",
        kind=kind,
        created_at=NOW - 300 * HOUR,
        status=draw(st.sampled_from(STATES)),
        check_started_at=draw(TIMES),
        checks=draw(st.integers(0, 100)),
        checked_at=None,
        last_success_at=None,
        next_check_at=NOW,
        check_error=None,
        signing_enabled=True,
        signing_key_bits=2048,
        feedback_forwarding=True,
        mail_from_domain="b.example.com" if mail_from else None,
        mail_from_status=draw(st.sampled_from(STATES)) if mail_from else None,
        mail_from_behavior="USE_DEFAULT_VALUE",
        mail_from_started_at=draw(TIMES) if mail_from else None,
        configuration_set=None,
        tags="[]",
        dkim_status=draw(st.sampled_from([None, NOT_STARTED, *STATES])) if domain else None,
        dkim_started_at=draw(st.none() | TIMES) if domain else None,
        signing_origin=draw(st.sampled_from([None, "EXTERNAL"])) if domain else None,
    )


@given(rows(), SEEN)
def test_what_is_still_open_is_looked_at_again_and_nothing_else(row, seen):
    result = assess(row, seen, NOW)
    after = IdentityRow(
        **{name: getattr(row, name) for name in IdentityRow.__dataclass_fields__} | result.changes
    )
    waits_for_dns = row.kind == "DOMAIN" and after.status in ACTIVE
    waits_for_link = row.kind != "DOMAIN" and after.status == PENDING
    waits = waits_for_dns or waits_for_link or after.dkim in ACTIVE
    waits |= after.mail_from_status in ACTIVE
    assert (after.next_check_at is not None) == waits
    if after.next_check_at is not None:
        assert NOW < after.next_check_at <= NOW + max(HOUR, LINK_MS)


@given(rows(), SEEN)
def test_only_what_changed_is_news_and_keys_are_found_or_lost(row, seen):
    result = assess(row, seen, NOW)
    watched = ("status", "dkim_status", "mail_from_status")
    changed = any(
        result.changes.get(name, getattr(row, name)) != getattr(row, name) for name in watched
    )
    assert result.changed == changed
    assert not (result.found_keys and result.lost_keys)
    if result.changes.get("status") == SUCCESS != row.status:
        assert seen.proven


@given(rows(), SEEN)
def test_an_address_is_never_verified_by_dns(row, seen):
    if row.kind == "EMAIL_ADDRESS":
        assert assess(row, seen, NOW).changes.get("status") in {None, FAILED}
