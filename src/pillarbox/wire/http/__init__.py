"""auth -> route -> parse -> call -> serialise."""
