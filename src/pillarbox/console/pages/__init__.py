"""The pages, a file for each subject; `PAGES` is all of them."""

from pillarbox.console.page import Page
from pillarbox.console.pages import (
    audit,
    first_run,
    home,
    me,
    sign_in,
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
    *tracking_domains.PAGES,
    *tracking_statistics.PAGES,
    *home.PAGES,
)
