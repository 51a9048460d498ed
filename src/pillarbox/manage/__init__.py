"""The control plane: configuration sets, identities, accounts, access keys."""
