"""Tracking settings: the account's rules, its trace domains, and why a message was tracked or
not.
"""
