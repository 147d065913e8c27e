"""The evidence log in PostgreSQL: append, sequence, sign, publish as tiles, check, prove."""
