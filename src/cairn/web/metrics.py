"""What operations watch: `/metrics`, in the text format of Prometheus or as OpenMetrics, as it is asked for.

No label holds anything of a request but the part of the site that it was for, so there are few series, and
nothing about anybody. With several processes the figures of requests are those of all, kept in files between
them; whoever starts them names the folder in `PROMETHEUS_MULTIPROC_DIR` before this is imported.
"""

import os
import secrets
from collections.abc import Iterator
from ipaddress import ip_address

from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from cairn import __version__
from cairn.db.engine import Database
from cairn.jobs.backlog import Backlog, backlog
from cairn.settings import Settings

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which prometheus-client is told of several processes."""

_PARTS = {
    "graphql": "graphql",
    "auth": "sign-in",
    "oauth": "sign-in",
    "scim": "scim",
    "hris": "feeds",
    "completions": "feeds",
    "xapi": "xapi",
    "matrix": "matrix",
    "credentials": "credentials",
    "achievements": "credentials",
    "definitions": "credentials",
    "issuer": "credentials",
    "status": "credentials",
    "contexts": "credentials",
    "ims": "credentials",
    ".well-known": "credentials",
    "verify": "verify",
    "share": "portfolios",
    "uploads": "portfolios",
    "files": "portfolios",
    "healthz": "operations",
    "readyz": "operations",
    "metrics": "operations",
}
"""The parts of the site, by how a path begins; whatever else is asked for is `other`."""

_SECONDS = Histogram(
    "cairn_http_request_duration_seconds",
    "Time from a request's head to the last byte of its answer, by part of the site and class of status.",
    ["part", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_SERIES = {
    (part, status): _SECONDS.labels(part, f"{status}xx" if status else "none")
    for part in {*_PARTS.values(), "other"}
    for status in range(6)
}


def note(scope: Scope, status: int, seconds: float) -> None:
    """Counts a request that has been answered; status 0 is one that was not."""
    part = _PARTS.get(scope["path"][1:].partition("/")[0], "other")
    _SERIES[part, status // 100 if status < 600 else 0].observe(seconds)


class _Standing:
    """What is read of the database when it is asked for, as metrics."""

    def __init__(self, found: Backlog | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        yield InfoMetricFamily("cairn", "The version that answers.", {"version": __version__})
        up = GaugeMetricFamily("cairn_database_up", "Whether the database answers.")
        up.add_metric([], float(self._found is not None))
        yield up
        if self._found is None:
            return
        jobs = GaugeMetricFamily(
            "cairn_jobs", "Jobs in the queue, by what has become of them.", labels=["state"]
        )
        for state in ("queued", "picked", "failed"):
            jobs.add_metric([state], getattr(self._found, state))
        yield jobs
        late = "For how long the job has been due that has been due longest."
        yield GaugeMetricFamily("cairn_jobs_late_seconds", late, self._found.late)
        waiting = "Events that no worker has put into the queue yet."
        yield GaugeMetricFamily("cairn_events_waiting", waiting, self._found.events)


def routes(opened: Database, found: Settings) -> list[Route]:
    """`/metrics`, for whoever has the token of `CAIRN_METRICS_TOKEN`; without one, for this machine alone."""
    token = found.metrics_token.get_secret_value() if found.metrics_token else None

    async def metrics(request: Request) -> Response:
        if token is None and not _is_here(request.scope):
            return PlainTextResponse("set CAIRN_METRICS_TOKEN to ask from other machines\n", 403)
        given = request.headers.get("authorization", "")
        if token is not None and not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("send the token\n", 401, {"www-authenticate": "Bearer"})
        try:
            standing = _Standing(await backlog(opened.reads))
        except Exception:  # noqa: BLE001  # whatever is wrong with it, that is what is to be told
            standing = _Standing(None)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(_All(standing)), media_type=media_type, headers={"cache-control": "no-store"})

    return [Route("/metrics", metrics)]


class _All:
    """What was read just now, and what this process counts, or all of them together."""

    def __init__(self, standing: _Standing) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        yield from self._standing.collect()
        if FOLDER in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
            yield from counted.collect()
        else:
            yield from REGISTRY.collect()


def _is_here(scope: Scope) -> bool:
    """Whether it was asked on this machine, and not by a proxy there of whom nothing is known."""
    if any(name in {b"x-forwarded-for", b"forwarded"} for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(scope["cairn.address"]).is_loopback
    except ValueError:
        return False
