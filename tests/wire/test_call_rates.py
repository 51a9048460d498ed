"""How often an account may call an operation."""

from dataclasses import replace

import pytest

from pillarbox.base.errors import TooManyRequests
from pillarbox.wire.http import call_rates
from pillarbox.wire.http.call_rates import CallRates
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.sesv2.operations import operations as v2_operations
from tests.wire.api import Api, operations

LIST = ("GET", "/v2/email/identities")
#: One call at once, and none for a quarter of an hour.
ONE = Limits(calls_per_second=0.001)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def counted(rates, *calls):
    """How many of the calls are let through."""
    through = 0
    for call in calls:
        try:
            rates.take(*call)
        except TooManyRequests:
            continue
        through += 1
    return through


def test_each_account_and_operation_has_its_own_rate():
    clock = Clock()
    rates = CallRates(2, clock)
    assert counted(rates, *[("a", "Get")] * 5) == 2
    assert counted(rates, *[("a", "List")] * 5) == 2
    assert counted(rates, *[("b", "Get")] * 5) == 2
    clock.now = 0.5
    assert counted(rates, *[("a", "Get")] * 5) == 1


def test_a_share_below_one_a_second_still_lets_a_call_through():
    clock = Clock()
    rates = CallRates(0.25, clock)
    assert counted(rates, *[("a", "Get")] * 3) == 1
    clock.now = 3.9
    assert counted(rates, ("a", "Get")) == 0
    clock.now = 4
    assert counted(rates, ("a", "Get")) == 1


def test_zero_is_no_limit():
    assert counted(CallRates(0), *[("a", "Get")] * 1000) == 1000


def test_buckets_that_are_full_again_are_forgotten(monkeypatch):
    monkeypatch.setattr(call_rates, "MAX_BUCKETS", 3)
    clock = Clock()
    rates = CallRates(1, clock)
    for account in "abc":
        rates.take(account, "Get")
    clock.now = 0.5
    rates.take("d", "Get")
    assert counted(rates, ("a", "Get")) == 0
    clock.now = 1
    rates.take("e", "Get")
    assert set(rates._buckets) == {("d", "Get"), ("e", "Get")}


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_too_many_calls_are_told_so_with_429(api):
    call = Api(limits=ONE)
    path = f"/{api}/email/identities"
    assert (await call("GET", path)).status == 200
    answer = await call("GET", path)
    assert (answer.status, answer.code) == (429, "TooManyRequestsException")
    assert answer.message == "Rate exceeded"
    assert (await call("DELETE", path + "/a.example")).status == 200


async def test_who_can_not_sign_uses_up_nobodys_rate():
    call = Api(limits=ONE)
    for _ in range(3):
        assert (await call(*LIST, secret="wrong")).status == 403
    assert (await call(*LIST)).status == 200


async def test_what_is_not_metered_does_not_count():
    call = Api(limits=ONE, served=[replace(one, metered=False) for one in operations()])
    assert [(await call(*LIST)).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("all_of", [v1_operations, v2_operations])
def test_sending_has_limits_of_its_own(all_of):
    unmetered = {one.name for one in all_of(None) if not one.metered}
    assert "SendEmail" in unmetered
    assert all(name.startswith("Send") for name in unmetered)
