"""Use cases: one module per family; each opens its units of work and calls the pure decisions."""
