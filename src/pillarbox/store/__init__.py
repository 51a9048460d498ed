"""Tables, engines and named queries: one file a noun."""
