"""A deployment's figures in Prometheus' form."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.load import BOUNDS, LoadMeter
from modelop_jupyter.domain.deployments import Load, RequestCounts

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_OUTCOMES = frozenset(field.name for field in fields(RequestCounts)) - {
    "requests",
    "refused",
    "records",
}


def exposition(model: str, ref: str, meter: LoadMeter, load: Load) -> tuple[bytes, str]:
    """Return the text, and its Content-Type."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
    from prometheus_client.registry import Collector

    class Figures(Collector):
        def collect(self) -> Iterable[Metric]:
            return _metrics(model, ref, meter, load)

    registry = CollectorRegistry()
    registry.register(Figures())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _metrics(model: str, ref: str, meter: LoadMeter, load: Load) -> Iterator[Metric]:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
    )

    yield InfoMetricFamily(
        "modelop_model", "The model that answers.", {"model": model, "snapshot": ref}
    )
    requests = CounterMetricFamily(
        "modelop_requests", "Requests by the status of their answer.", labels=["status"]
    )
    for status, count in sorted(meter.statuses.items()):
        requests.add_metric([str(status)], count)
    yield requests
    yield CounterMetricFamily(
        "modelop_requests_refused",
        "Requests that no replica was asked for.",
        load.counts.refused,
    )
    records = CounterMetricFamily(
        "modelop_records", "Records by what they got.", labels=["outcome"]
    )
    for outcome in sorted(_OUTCOMES):
        records.add_metric([outcome], getattr(load.counts, outcome))
    yield records
    bounds = [*map(repr, BOUNDS), "+Inf"]
    totals = itertools.accumulate(meter.latency_counts)
    yield HistogramMetricFamily(
        "modelop_request_duration_seconds",
        "How long requests took.",
        buckets=[*zip(bounds, totals, strict=True)],
        sum_value=meter.latency_sum,
    )
    yield GaugeMetricFamily("modelop_queue_records", "Records that wait.", load.waiting)
    replicas = GaugeMetricFamily(
        "modelop_replicas", "Processes that have the model.", labels=["state"]
    )
    ready = sum(replica.is_ready for replica in load.replicas)
    replicas.add_metric(["ready"], ready)
    replicas.add_metric(["starting"], len(load.replicas) - ready)
    yield replicas
    yield CounterMetricFamily(
        "modelop_replica_restarts", "Replicas that were replaced.", load.restarts
    )
    if load.memory is not None:
        yield GaugeMetricFamily(
            "modelop_replica_memory_bytes", "Memory of all replicas.", load.memory
        )
