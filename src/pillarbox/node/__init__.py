"""The processes of one node: a supervisor that owns the sockets, and the workers it keeps alive."""
