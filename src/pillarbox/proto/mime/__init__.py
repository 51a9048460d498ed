"""MIME (RFC 2045 ff.): messages composed, read and changed in place."""
