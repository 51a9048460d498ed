"""Route (MX, TLS policy), connect, speak SMTP, classify the reply."""
