"""Sealed documents of certificates, OFD and PDF, composed from layout, writers and seals. Pure: no I/O of its own.

The way in is a `Certificate`, never a file: what is sealed is what was drawn here from data, and nothing else can be.
"""
