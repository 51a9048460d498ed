"""Settings, errors, clock, ids and secrets: what every stage stands on."""
