"""The only readers and writers of `adapters.tables`."""
