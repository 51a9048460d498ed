"""The peer itself: both engines are reachable and each test gets its own database."""

import pytest
import sqlalchemy


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_gets_an_empty_database_of_either_engine(store_url: str, round_: int) -> None:
    engine = sqlalchemy.create_engine(store_url)
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE letters (name text)"))
    finally:
        engine.dispose()
