"""Signed tokens and URLs that go out in mail and come back."""
