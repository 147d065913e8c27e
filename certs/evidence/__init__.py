"""Pure evidence-log formats: RFC 6962 tree, C2SP tiles, checkpoints, proofs, receipts, bundles."""
