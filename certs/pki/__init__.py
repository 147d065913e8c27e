"""X.509, CMS and time-stamps for SM2, P-256 and Ed25519: strict DER, every check at a given time."""
