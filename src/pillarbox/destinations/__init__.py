"""Events on their way out: the outbox is drained to topics, delivery streams and metrics.

Takes outbox rows, committed with the state changes they tell of; hands them to one driver for each
kind of destination. At least once, in order for each message and destination.
"""
