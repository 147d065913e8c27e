"""The offline verifier: files in, a report of numbered steps out. Opens no socket, asks nobody."""
