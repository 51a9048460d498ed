"""THE one door: is this account allowed to send this, from this identity, to these people, now?"""
