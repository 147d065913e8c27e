"""Alembic migrations: one history over the tables of all four packages."""
