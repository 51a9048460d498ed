"""Each delay type of the facts has a cause."""

import pytest

from pillarbox.deliver.address_book import NO_ADDRESS, NO_VOLUME
from pillarbox.deliver.pipeline import OUR_FAILURE
from pillarbox.deliver.relay import OUR_TROUBLE
from pillarbox.model.outcome import Reply
from pillarbox.queue.delay_kind import delay_type
from pillarbox.queue.retry import next_attempt

#: facts §5.2
KINDS = {
    *("InternalFailure", "General", "MailboxFull", "SpamDetected", "RecipientServerError"),
    *("IPFailure", "TransientCommunicationFailure", "BYOIPHostNameLookupUnavailable"),
    *("Undetermined", "SendingDeferral"),
}
REPLIES = [
    (452, "4.2.2", "over quota", "MailboxFull"),
    (421, "4.4.1", "Connection timed out", "TransientCommunicationFailure"),
    (421, "4.4.2", "Connection lost", "TransientCommunicationFailure"),
    (451, "4.4.3", "DNS trouble", "TransientCommunicationFailure"),
    (451, "4.4.5", "busy", "TransientCommunicationFailure"),
    (421, "4.7.0", "Messages look like spam", "SpamDetected"),
    (451, "4.7.1", "complaints", "SpamDetected"),
    (451, "4.7.1", "<you@x.org>: Greylisted, see https://x.org/rate", "General"),
    (450, "4.7.1", "Graylisting in effect", "General"),
    (421, "4.7.28", "unusual rate of mail from your IP address", "IPFailure"),
    (421, "4.7.0", "[TSS04] deferred due to unexpected volume", "IPFailure"),
    (451, "4.7.1", "too many messages, slow down", "IPFailure"),
    (451, "4.7.1", "your server is on a blocklist", "IPFailure"),
    (450, "4.7.25", "cannot find your hostname", "BYOIPHostNameLookupUnavailable"),
    (451, "4.7.24", "text", "General"),
    (452, "4.3.1", "disk full", "RecipientServerError"),
    (450, "4.2.1", "busy", "RecipientServerError"),
    (451, "4.1.8", "text", "General"),
    (421, None, "text", "General"),
    (451, "", "text", "General"),
    (451, None, "", "Undetermined"),
    (450, None, "  ", "Undetermined"),
]
OURS = [(NO_ADDRESS, "SendingDeferral"), (NO_VOLUME, "SendingDeferral")]
OURS += [(OUR_TROUBLE, "SendingDeferral"), (OUR_FAILURE.own_delay, "InternalFailure")]


@pytest.mark.parametrize(("code", "status", "text", "kind"), REPLIES)
def test_a_reply_is_named_by_its_status_and_what_it_speaks_of(code, status, text, kind):
    assert delay_type(Reply(code, f"{status or ''} {text}".strip(), status)) == kind


@pytest.mark.parametrize(("own_delay", "kind"), OURS)
def test_what_is_our_doing_is_named_so_whatever_the_reply(own_delay, kind):
    reply = Reply(451, "4.4.1 x", "4.4.1")
    again = next_attempt(
        attempts=2, deadline=10**9, now=0, jitter=0.5, reply=reply, own_delay=own_delay
    )
    assert again.delay_type == kind


def test_each_kind_of_the_facts_has_a_cause():
    assert {kind for *_, kind in REPLIES} | {kind for _, kind in OURS} == KINDS
