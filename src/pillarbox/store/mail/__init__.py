"""Messages and their recipients: stored, queued, claimed, settled, looked for."""
