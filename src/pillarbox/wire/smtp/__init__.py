"""SMTP submission: an asyncio shell around `proto/smtp_server/session.py`, authentication, and the
translation of a session's messages for `accept`.
"""
