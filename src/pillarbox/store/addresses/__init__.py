"""Addresses to send from, and what is known of the hosts that are sent to."""
