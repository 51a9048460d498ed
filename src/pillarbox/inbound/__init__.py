"""What comes back: bounces and complaints, from a report to the event and the suppression list."""
