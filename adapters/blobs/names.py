"""Object names: what both stores accept."""

import re

from adapters.errors import BlobNameError

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_LONGEST = 512


def checked_name(name: str) -> str:
    """`name` if it is one or more parts of letters, digits and `._-`, joined by `/`, none beginning with a dot.

    Raises:
        BlobNameError: it is not.
    """
    if len(name) > _LONGEST or not all(_PART.fullmatch(part) for part in name.split("/")):
        raise BlobNameError(name)
    return name


def checked_prefix(prefix: str) -> str:
    """`prefix` if it can begin a name; the empty one can.

    Raises:
        BlobNameError: it cannot.
    """
    if prefix:
        checked_name(prefix.removesuffix("/") if prefix.count("/") else prefix)
    return prefix
