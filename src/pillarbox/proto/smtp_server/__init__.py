"""SMTP's server side: a session without I/O."""
