"""Packaged sample files: the fictional region 339900 and a working-day calendar. No code."""
