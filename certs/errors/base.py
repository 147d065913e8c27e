"""The root of the tree: what every refusal carries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class CertsError(Exception):
    """Something about a certificate or its proof was refused. Next: read `code` and the subclass."""

    code: ClassVar[str] = "certs-error"

    def __init__(self, detail: str = "", **evidence: object) -> None:
        super().__init__(detail or (type(self).__doc__ or "").split("\n", 1)[0])
        self.evidence: Mapping[str, object] = MappingProxyType(evidence)
