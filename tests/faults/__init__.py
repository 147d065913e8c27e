"""Processes that die, commits that fail, attempts that race."""
