"""The pages, a file for each subject; `PAGES` is all of them."""

from pillarbox.console.page import Page
from pillarbox.console.pages import (
    audit,
    captured,
    configuration_set,
    configuration_sets,
    event_destinations,
    first_run,
    home,
    identities,
    identity,
    keys,
    me,
    queue,
    send,
    sign_in,
    suppression,
    tracking_domains,
    tracking_statistics,
    users,
)

PAGES: tuple[Page, ...] = (
    *first_run.PAGES,
    *sign_in.PAGES,
    *me.PAGES,
    *users.PAGES,
    *audit.PAGES,
    *identities.PAGES,
    *identity.PAGES,
    *captured.PAGES,
    *send.PAGES,
    *keys.PAGES,
    *configuration_sets.PAGES,
    *event_destinations.PAGES,
    *configuration_set.PAGES,
    *queue.PAGES,
    *suppression.PAGES,
    *tracking_domains.PAGES,
    *tracking_statistics.PAGES,
    *home.PAGES,
)
