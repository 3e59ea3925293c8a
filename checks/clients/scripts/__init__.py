"""Scripts that run inside the clients' own environments; each prints one JSON line a step."""
