"""The `yzt` command: `yzt --help` lists its verbs.

Exit codes: 0 done or valid · 1 refused or invalid · 2 indeterminate · 3 wrong usage · 4 input or output failed.
"""

from exchange.cli.main import app, main

__all__ = ["app", "main"]
