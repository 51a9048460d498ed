"""Addresses to send from: stock, dedicated pools, warm-up, the shaping of destination groups."""
