"""The story of `yzt demo`: four fictional departments of region 339900 and their real, different systems."""
