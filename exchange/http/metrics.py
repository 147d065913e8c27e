"""What the process counts about requests: by route template, method and status. Nothing about people, ever.

Counting is a dictionary update; the Prometheus text is made when somebody scrapes.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS = ("route", "method", "status")


@dataclass(slots=True)
class _Series:
    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))


class RequestMetrics(Collector):
    """Requests of one process and their durations in seconds."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str], _Series] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (route, method, str(status))
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series()
        series.count += 1
        series.seconds += seconds
        series.buckets[bisect_left(_BOUNDS, seconds)] += 1

    def collect(self) -> Iterable[Metric]:
        """The families, as Prometheus asks for them."""
        total = CounterMetricFamily("yzt_http_requests", "Requests answered.", labels=_LABELS)
        duration = HistogramMetricFamily("yzt_http_request_seconds", "Time to the last byte.", labels=_LABELS)
        for key, series in self._series.items():
            total.add_metric(key, series.count)
            reached, buckets = 0, []
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), series.buckets, strict=True):
                reached += count
                buckets.append((bound, float(reached)))
            duration.add_metric(key, buckets, series.seconds)
        return (total, duration)

    def render(self) -> bytes:
        """The Prometheus text exposition."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)
