"""What happened to a message, recorded in one transaction with the state change."""
