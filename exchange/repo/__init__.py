"""Queries that turn rows into domain values; the only readers of `exchange.tables`."""
