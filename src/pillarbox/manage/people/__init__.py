"""Who may do what: accounts, users, access keys, signing in, and the audit log of what they did."""
