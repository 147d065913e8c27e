"""The hub itself: use cases across the catalogue, the adapters and the certificates, and every way to reach them.

`exchange.wiring` is the composition root; nothing is opened, read or created at import.
"""
