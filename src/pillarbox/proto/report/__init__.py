"""What comes back by mail: DSN (RFC 3464), ARF (RFC 5965) and reports of no standard, read and
typed; and those that we write.
"""
