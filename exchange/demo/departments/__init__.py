"""The four departments' own systems: a PostgreSQL database, a REST service, a file drop and an old SQLite file.

Each differs in codes, date formats and blanks, as real ones do. Each offers `create(world)` and
`apply(changes, at)`; none of them knows the hub.
"""
