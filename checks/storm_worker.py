"""One process of the storm: many tasks that use one connection until they are told to stop.

    python -m checks.storm_worker FOLDER CONNECTION TASKS

Meant to be killed at any moment. On SIGTERM it ends and prints ``{"calls", "unavailable",
"refused"}`` as one line of JSON.
"""

import json
import random
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from checks.grants_stage import SCOPE, log_errors_only, settings
from sallyport.auth.attempt import Patience
from sallyport.connections import ConnectionState
from sallyport.errors import IllegalMove, RemoteRefused, RemoteUnavailable
from sallyport.wiring import Sallyport

STORM = Patience(call=10.0, lease=15.0, busy=0.5, wait=40.0)
"""Shorter than in earnest, so that a kill in the middle of a renewal shows within the storm."""
PAUSE = (0.5, 1.5)


def main() -> int:
    """Run until SIGTERM."""
    log_errors_only()
    folder, connection_id, tasks = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    seen: Counter[str] = Counter()
    lock = threading.Lock()
    with Sallyport(settings(folder), patience=STORM) as house:

        def use() -> str:
            connection = house.connections.get(SCOPE, connection_id)
            if connection.state is not ConnectionState.ENABLED:
                return "refused"
            try:
                house.connections.client(connection).get("limits")
            except RemoteUnavailable:
                return "unavailable"
            except (RemoteRefused, IllegalMove):
                return "refused"
            return "calls"

        def task() -> None:
            while not stop.wait(random.uniform(*PAUSE)):
                outcome = use()
                with lock:
                    seen[outcome] += 1

        threads = [threading.Thread(target=task) for _ in range(tasks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(json.dumps({name: seen[name] for name in ("calls", "unavailable", "refused")}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
