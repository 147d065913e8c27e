"""One module per kind of department system."""
