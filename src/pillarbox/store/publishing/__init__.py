"""Events on record and on their way: outbox, topics, dead letters, counts."""
