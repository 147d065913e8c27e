"""The HTTP API under /api/v1: thin routes, one error table, one authentication."""
