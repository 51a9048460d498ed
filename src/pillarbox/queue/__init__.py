"""Which recipients are due: claim with a lease, back off, recover what a dead worker held."""
