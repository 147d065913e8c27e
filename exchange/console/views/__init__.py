"""One module per role: each view turns a service answer into a view model for a template."""
