"""How the verification of an identity stands, and how long an address may take (facts §7)."""

PENDING, SUCCESS, FAILED = "PENDING", "SUCCESS", "FAILED"
TEMPORARY_FAILURE, NOT_STARTED = "TEMPORARY_FAILURE", "NOT_STARTED"

#: The states in which records are looked up.
ACTIVE = (PENDING, SUCCESS, TEMPORARY_FAILURE)

#: The states in which an identity may send. TEMPORARY_FAILURE: it was verified, its records have
#: gone, and the 72 hours in which they may come back are not over.
VERIFIED_STATES = (SUCCESS, TEMPORARY_FAILURE)

#: How long the link in a verification mail holds, in milliseconds.
LINK_MS = 24 * 3600 * 1000
