"""Who may do what, and what they did: accounts, keys, users, sessions, the audit log."""
