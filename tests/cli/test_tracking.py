"""`pillarbox tracking`: keys."""


def test_a_rotated_key_has_the_next_id(run):
    assert run("tracking", "rotate-key", "--json").json == {"KeyId": 1}
    assert run("tracking", "rotate-key").out.startswith("key 2 signs new mail in a minute")
