"""Fixed-layout documents (OFD, GB/T 33190-2016): written, sealed, read strictly and verified."""
