"""The verifier: one entry for every kind of document this hub makes, strict reading in child processes, signed reports.

`documents.verify_document` is the pure judgement; `process.Pool` runs it where a hostile file can do no harm.
"""
