"""The `yzt` command."""
