"""Algorithms behind one small Signer and Verifier; callers pass messages, never digests."""
