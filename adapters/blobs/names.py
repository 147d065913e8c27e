"""Names of objects: slash-separated parts of plain characters, so that no name leaves its directory or bucket."""

import re

from adapters.errors import BlobNameError

_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_MAX = 200


def checked(name: str) -> str:
    """The name, if it may be one.

    Raises:
        BlobNameError: empty, too long, absolute, with `..` or other characters.
    """
    if len(name) > _MAX or not _NAME.fullmatch(name):
        raise BlobNameError(name)
    return name
