"""The request log: what was asked of the simulator, and how it was answered.

What belongs here: one record a request, kept in memory within a bound and, if asked, in a file.
What does not: log lines for people (``logging``).
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sallyport_org import inputs
from sallyport_org.faults import Journal

REMEMBERED_REQUESTS = 100_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class RequestRecord:
    """One request: what was asked, and how it was answered.

    ``at`` is the org's time when it was answered, ``seconds`` how long that took and ``bytes`` how
    much was sent, head included (both still growing while it is sent), ``faults`` the ids of the
    faults that struck, ``user`` and ``version`` (of the API) are those of data calls. A fault that
    struck a bulk job at work in the background has a record of its own: method ``JOB``, status 0.
    """

    method: str
    path: str
    status: int
    seconds: float
    at: datetime = LONG_AGO
    host: str = ""
    bytes: int = 0
    org: str | None = None
    user: str | None = None
    version: str | None = None
    faults: tuple[str, ...] = ()


class RequestLog:
    """The latest requests, oldest first. Safe to use from many threads.

    ``file`` gets one line of JSON a request.
    """

    def __init__(self, most: int = REMEMBERED_REQUESTS) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=most)
        self._lock = threading.Lock()
        self._file: IO[str] | None = None

    def write_to(self, file: Path) -> None:
        """Append every further request to a file; raises OSError when it cannot be written."""
        self._file = file.open("a", encoding="utf-8", buffering=1)

    def close(self) -> None:
        """Close the file, if there is one."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def add(self, record: RequestRecord) -> None:
        """Keep a request; to be called before its answer is sent, so that nobody misses it."""
        with self._lock:
            self._records.append(record)

    def note_job(self, journal: Journal, fault_id: str) -> None:
        """Keep that a fault struck a job, which nobody asks for at that moment."""
        now = journal.faults.now() if journal.faults is not None else datetime.now(UTC)
        record = RequestRecord(
            journal.method, journal.path, 0, 0.0, now, org=journal.org_id, faults=(fault_id,)
        )
        self.add(record)
        self.sent(record, 0.0, 0)

    def sent(self, record: RequestRecord, seconds: float, length: int) -> None:
        """Complete the record of a request whose answer was sent."""
        record.seconds, record.bytes = seconds, length
        with self._lock:
            if self._file is not None:
                self._file.write(json.dumps(as_json(record), ensure_ascii=False) + "\n")

    def clear(self) -> int:
        """Forget all requests (a file keeps them); returns how many there were."""
        with self._lock:
            count = len(self._records)
            self._records.clear()
            return count

    def find(
        self,
        path_part: str = "",
        *,
        org: str | None = None,
        since: datetime | None = None,
        method: str | None = None,
        fault: str | None = None,
    ) -> list[RequestRecord]:
        """Return the requests that fit all that is given, oldest first."""
        with self._lock:
            records = list(self._records)
        return [
            one
            for one in records
            if path_part in one.path
            and (org is None or one.org == org)
            and (since is None or one.at >= since)
            and (method is None or one.method == method.upper())
            and (fault is None or fault in one.faults)
        ]


def as_json(record: RequestRecord) -> dict[str, Any]:
    """Return a record as the admin API and the file show it."""
    shown: dict[str, Any] = inputs.plain(record)
    return {**shown, "seconds": round(record.seconds, 4)}
