"""Status lists that cannot be used: the status is then *unknown*, never valid."""

from certs.errors.base import CertsError


class StatusListError(CertsError):
    """A status list cannot be used, so the status is *unknown*, never valid. Next: fetch a fresh list."""

    code = "status-list-error"


class StatusListMalformed(StatusListError):
    """The list is not zlib data of whole entries. Next: fetch it again from its publisher."""

    code = "status-list-malformed"


class StatusListTooLarge(StatusListError):
    """The list would inflate beyond the limit (zlib bomb). Next: refuse; report the publisher."""

    code = "status-list-too-large"


class StatusListMismatch(StatusListError):
    """The list is about another address or from another issuer. Next: refuse; it may have been swapped."""

    code = "status-list-mismatch"


class StatusListStale(StatusListError):
    """The list is older than it may be used. Next: fetch a fresh one; until then the status is unknown."""

    code = "status-list-stale"


class StatusIndexOutOfRange(StatusListError):
    """The certificate points outside the list. Next: refuse; the status is unknown."""

    code = "status-index-out-of-range"

    def __init__(self, index: int, size: int) -> None:
        super().__init__(f"index {index} in a list of {size} entries", index=index, size=size)
        self.index, self.size = index, size
