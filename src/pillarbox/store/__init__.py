"""Tables, engines and named queries: rooms by subject, one file a noun."""
