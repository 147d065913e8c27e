"""Why an act on a seal is refused: stable codes with a sentence in both languages."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ActRefusal(StrEnum):
    """One reason; `zh` and `en` say it to people."""

    NOT_A_CUSTODIAN = "not-a-custodian"
    SAME_PERSON = "same-person"
    TAKES_TWO = "takes-two"
    TAKES_ONE = "takes-one"
    STATE = "state"
    PROPOSAL_OVER = "proposal-over"
    PROPOSER_GONE = "proposer-gone"
    TWO_PERSONS = "two-persons"
    POLICY_MISPLACED = "policy-misplaced"
    LIMIT_TOO_LOW = "limit-too-low"
    END_PASSED = "end-passed"
    HANDOVER_MISPLACED = "handover-misplaced"
    HANDOVER_PARTIES = "handover-parties"
    NOT_YOURS_TO_GIVE = "not-yours-to-give"
    ONLY_WHO_TAKES = "only-who-takes"
    ONLY_WHO_PROPOSED = "only-who-proposed"
    CUSTODY_CHANGED = "custody-changed"
    MAKER_UNTRUSTED = "maker-untrusted"
    TERM_OVER = "term-over"
    OWNER_UNKNOWN = "owner-unknown"
    NO_SUCH_ACCOUNT = "no-such-account"
    TYPE_UNKNOWN = "type-unknown"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _SENTENCES[self][0]

    @property
    def en(self) -> str:
        """The sentence in English, beginning in lower case."""
        return _SENTENCES[self][1]


_SENTENCES: Final[Mapping[ActRefusal, tuple[str, str]]] = MappingProxyType(
    {
        ActRefusal.NOT_A_CUSTODIAN: ("只有本印章的保管人可以办理。", "only a custodian of this seal may"),
        ActRefusal.SAME_PERSON: (
            "须由提议人以外的另一名保管人批准。",
            "another custodian than the one who proposed must agree",
        ),
        ActRefusal.TAKES_TWO: ("须两名保管人办理，请先提议。", "takes two custodians: propose it"),
        ActRefusal.TAKES_ONE: ("一名保管人即可办理，无须提议。", "one custodian does this at once, without a proposal"),
        ActRefusal.STATE: ("印章当前状态不允许。", "the seal's state does not allow it"),
        ActRefusal.PROPOSAL_OVER: (
            "提议已超过24小时，请重新提议。",
            "the proposal is older than 24 hours; propose again",
        ),
        ActRefusal.PROPOSER_GONE: ("提议人已不是保管人。", "who proposed is no custodian any more"),
        ActRefusal.TWO_PERSONS: ("印章须由两名不同的人保管。", "a seal is kept by two different persons"),
        ActRefusal.POLICY_MISPLACED: ("用印规则只随“变更用印规则”提出。", "rules of use belong to set-policy alone"),
        ActRefusal.LIMIT_TOO_LOW: ("每日用印次数至少为1。", "a daily limit is at least 1"),
        ActRefusal.END_PASSED: ("用印截止时间已过。", "the end of its use has passed"),
        ActRefusal.HANDOVER_MISPLACED: (
            "移交人和接管人只随“移交”提出。",
            "who leaves and who takes belong to hand-over alone",
        ),
        ActRefusal.HANDOVER_PARTIES: (
            "移交须由现保管人交给尚未保管本印章的人。",
            "custody passes from a custodian to somebody who is none yet",
        ),
        ActRefusal.NOT_YOURS_TO_GIVE: (
            "他人仍可履职，不能代其移交。",
            "nobody gives away the custody of another who may still act",
        ),
        ActRefusal.ONLY_WHO_TAKES: ("只有接管人可以同意移交。", "only who takes custody may agree"),
        ActRefusal.ONLY_WHO_PROPOSED: ("只有提议人可以撤回提议。", "only who proposed may withdraw the proposal"),
        ActRefusal.CUSTODY_CHANGED: ("提议之后保管人已变动。", "custody changed since this was proposed"),
        ActRefusal.MAKER_UNTRUSTED: ("制章人的证书不受信任。", "its maker's certificate is not trusted"),
        ActRefusal.TERM_OVER: ("印章已过有效期。", "the seal's term is over"),
        ActRefusal.OWNER_UNKNOWN: ("目录中没有该单位。", "the catalogue has no such unit"),
        ActRefusal.NO_SUCH_ACCOUNT: (
            "该单位没有这个有效的印章保管人账号。",
            "the unit has no such active account of a seal custodian",
        ),
        ActRefusal.TYPE_UNKNOWN: ("没有该证照类型。", "there is no such certificate type"),
    }
)
