"""Who plays: department systems, clerks, the citizen, an auditor, an operator; passwords are new in every run."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.crypto.alg import Alg
from exchange.app import App
from exchange.demo.caller import DepartmentSystem
from exchange.demo.world import World
from exchange.model import Principal, Role
from exchange.service.keys import KeyRole

PSB = "11339900MB9000015P"
MCA = "11339900MB9000023J"
SAMR = "11339900MB9000031D"
NR = "11339900MB900004X5"
HUB = "11339900MB90000585"

DEPARTMENT_NAMES = {PSB: "公安局", MCA: "民政局", SAMR: "市场监督管理局", NR: "自然资源和规划局", HUB: "大数据局"}
CLERK = {MCA: "mca-0007", SAMR: "samr-0012", NR: "nr-0003"}
# One department signs with each algorithm, so that the story shows every kind of certificate.
ISSUER_ALGORITHM = {PSB: Alg.ES256, MCA: Alg.ED25519, SAMR: Alg.ES256, NR: Alg.SM2}


@dataclass(frozen=True, slots=True)
class Cast:
    """Systems by department, and log-ins: user name -> (password, what it is for)."""

    systems: Mapping[str, DepartmentSystem]
    logins: Mapping[str, tuple[str, str]] = field(repr=False)

    def password(self, username: str) -> str:
        """The password of a log-in."""
        return self.logins[username][0]


async def engage(app: App, world: World) -> Cast:
    """Register everybody with the hub and give every department a key to issue with."""
    for department, algorithm in ISSUER_ALGORITHM.items():
        await app.keys.generate(KeyRole.ISSUER, department, alg=algorithm)
    systems = {department: DepartmentSystem.new(f"{number}-system", department) for department, number in CLERK.items()}
    for department, system in systems.items():
        await app.access.register_client(system.client_id, department=department, jwks=system.jwks())
        await app.access.register_officer(CLERK[department], department=department, name=_NAMES[department])
    people = {
        "applicant": (Principal(Role.APPLICANT, world.hero.name, subject=world.hero.citizen_id), "办事人 applicant"),
        "clerk-nr": (_clerk(NR), "自然资源窗口 clerk"),
        "clerk-samr": (_clerk(SAMR), "市场监管窗口 clerk"),
        "auditor": (Principal(Role.AUDITOR, "审计员甲", HUB, "audit-0001"), "审计员 auditor"),
        "operator": (Principal(Role.OPERATOR, "运维员甲", HUB, "ops-0001"), "平台运维 operator"),
    }
    logins = {}
    for username, (principal, what) in people.items():
        password = secrets.token_urlsafe(12)
        await app.access.register_person(username, password, principal)
        logins[username] = (password, what)
    return Cast(systems, logins)


_NAMES = {MCA: "经办人丙", SAMR: "经办人乙", NR: "经办人甲"}


def _clerk(department: str) -> Principal:
    return Principal(Role.CLERK, _NAMES[department], department, CLERK[department])
