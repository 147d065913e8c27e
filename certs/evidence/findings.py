"""What a check of the whole log found wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Kinds of fault. All but `tiles-lag` and `tile-missing` mean that history was altered."""

    HEAD_MISSING = "head-missing"
    HEAD_EDITED = "head-edited"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"
    ENTRY_MISSING = "entry-missing"
    ENTRY_EDITED = "entry-edited"
    ENTRY_EXTRA = "entry-extra"
    ROOT_DIFFERS = "root-differs"
    BACKDATED = "backdated"
    CHECKPOINT_INVALID = "checkpoint-invalid"
    TILE_DIFFERS = "tile-differs"
    TILE_MISSING = "tile-missing"
    TILES_LAG = "tiles-lag"


REPAIRABLE = frozenset({Fault.TILE_MISSING, Fault.TILES_LAG})


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it is (entry index, if one entry is to blame) and in words."""

    fault: Fault
    text: str
    index: int | None = None

    @property
    def repairable(self) -> bool:
        """Whether publishing again from an intact database cures it."""
        return self.fault in REPAIRABLE


@dataclass(frozen=True, slots=True)
class LogHealth:
    """Outcome of a check of `size` entries (-1 without a head)."""

    size: int
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """No finding at all."""
        return not self.findings

    @property
    def reason(self) -> str | None:
        """Why writing must stop; None when nothing, or only something repairable, was found."""
        grave = [finding for finding in self.findings if not finding.repairable]
        return "; ".join(finding.text for finding in grave) or None

    @property
    def first_bad_index(self) -> int | None:
        """Lowest entry index to blame, if any finding names one."""
        return min((finding.index for finding in self.findings if finding.index is not None), default=None)
