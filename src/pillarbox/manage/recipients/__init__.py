"""Recipients: contact lists, the suppression list, segments."""
