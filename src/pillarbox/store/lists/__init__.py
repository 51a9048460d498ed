"""Recipients as an account knows them: contacts, suppression, engagement, segments."""
