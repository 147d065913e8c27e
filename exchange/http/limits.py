"""Token buckets per caller, and the headers that tell a caller where it stands (RateLimit, draft-11)."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_CALLERS = 20_000


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests per `window` seconds, refilled evenly; a full bucket may be spent at once."""

    name: str
    quota: int
    window: int


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a caller after this request, and in how many seconds one more token comes."""

    policy: Policy
    remaining: int
    wait: int

    @property
    def allowed(self) -> bool:
        """Whether this request was within the quota."""
        return self.remaining >= 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit-Policy and RateLimit."""
        name, left = self.policy.name, max(self.remaining, 0)
        return [
            (b"ratelimit-policy", f'"{name}";q={self.policy.quota};w={self.policy.window}'.encode()),
            (b"ratelimit", f'"{name}";r={left};t={self.wait}'.encode()),
        ]


class Limiter:
    """Buckets of one policy, per process; the callers longest unseen are forgotten, with a full bucket again.

    `monotonic` gives seconds of a clock that never goes back.
    """

    def __init__(self, policy: Policy, monotonic: Callable[[], float]) -> None:
        self._policy, self._monotonic = policy, monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: str) -> Standing:
        """Take one token from the caller's bucket, if there is one."""
        rate = self._policy.quota / self._policy.window
        now = self._monotonic()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(float(self._policy.quota), now)
            if len(self._buckets) > _CALLERS:
                self._buckets.popitem(last=False)
        bucket.tokens = min(float(self._policy.quota), bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return Standing(self._policy, -1, int((1 - bucket.tokens) / rate) + 1)
        bucket.tokens -= 1
        return Standing(self._policy, int(bucket.tokens), 0 if bucket.tokens >= 1 else int(1 / rate) + 1)


CLIENTS = Policy("client", 240_000, 60)
PEOPLE = Policy("person", 600, 60)
ADDRESSES = Policy("address", 300, 60)
