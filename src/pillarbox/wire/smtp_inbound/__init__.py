"""Mail that comes back over SMTP: the sessions of the inbound listener, handed to `inbound`."""
