"""Time-stamp authorities reached over HTTP (RFC 3161 §3.4)."""
