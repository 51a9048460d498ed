"""Open and click requests: answered at once, kept in a journal, told to the store later."""
