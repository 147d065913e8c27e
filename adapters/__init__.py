"""Everything the hub does not own: department systems in and out, and the object store."""
