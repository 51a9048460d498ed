"""SMTP (RFC 5321): what both sides share, and the client's side."""
