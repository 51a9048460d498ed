"""The one schema that all tables are in."""

from sqlalchemy import MetaData

metadata = MetaData()
