"""Per recipient: headers, MIME, DKIM signature."""
