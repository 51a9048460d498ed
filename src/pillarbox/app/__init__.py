"""ALL wiring: `worker` opens and starts everything, `policies` is what the settings come to."""
