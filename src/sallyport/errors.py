"""The few kinds of failure everything else is expressed in.

What belongs here: classes that carry a *decision* (whose fault, is a retry worth it, which field).
What does not: HTTP statuses of our own API (``api/problems.py``), exit codes (``cli.py``), texts of
particular causes (they are written where the cause is known).

Every error has a sentence for the person who must act: what is wrong, what was received, what
to do.
Messages never contain secrets: the code that raises is responsible for that.
"""

from __future__ import annotations


class SallyportError(Exception):
    """Root of everything sallyport raises on purpose.

    ``message`` is a full sentence for people. ``field`` is the parameter at fault in the caller's
    own spelling (``auth.params.apiVersion``, ``--api-version``), ``received`` what was sent
    (already free of secrets), ``cure`` the sentence that says what to change.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        received: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.received = received
        self.cure = cure

    def sentence(self) -> str:
        """Return message, what was received and cure as one text for a person."""
        parts = [self.message]
        if self.field and self.field not in self.message:
            parts[0] = f"{self.field}: {self.message}"
        if self.received is not None:
            parts.append(f"Received: {self.received!r}.")
        if self.cure:
            parts.append(self.cure)
        return " ".join(parts)


class InvalidRequest(SallyportError):
    """The caller broke a rule of ours; sending the same again gives the same answer."""


class NotFound(InvalidRequest):
    """The thing named does not exist (for this org and sandbox)."""


class Conflict(SallyportError):
    """Somebody else was first: a stale version, or a name that is taken."""


class StaleVersion(Conflict):
    """The version the caller holds is no longer the stored one."""


class IllegalMove(Conflict):
    """A state table does not allow this move from the present state."""


class RemoteRefused(SallyportError):
    """Salesforce understood and said no. Retrying unchanged is pointless.

    ``status`` is the HTTP status, ``code`` Salesforce's own code (``invalid_grant``,
    ``INVALID_LOGIN``, ``INVALID_FIELD``), ``text`` Salesforce's own words.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        text: str,
        field: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, field=field, cure=cure)
        self.status = status
        self.code = code
        self.text = text


class SessionRejected(RemoteRefused):
    """Salesforce no longer accepts the access token (401); a renewed one may be accepted."""


class AuthorizationRequired(RemoteRefused):
    """Nothing is sent to Salesforce any more until somebody authorizes the connection anew.

    ``finding`` is the stable code of what became of the grant (``lost-in-rotation``), None when
    Salesforce's ``code`` and ``text`` are all there is to go by.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        text: str,
        finding: str | None = None,
        field: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, text=text, field=field, cure=cure)
        self.finding = finding


class RemoteUnavailable(SallyportError):
    """No usable answer came back (DNS, connect, TLS, time-out, 5xx, cut body); retrying may help.

    ``stage`` says how far it got: ``dns``, ``connect``, ``tls``, ``timeout``, ``http``, ``body``.
    """

    def __init__(
        self,
        message: str,
        *,
        stage: str,
        status: int | None = None,
        field: str | None = None,
        received: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, field=field, received=received, cure=cure)
        self.stage = stage
        self.status = status


class BrokenInstallation(SallyportError):
    """Our own files or settings are unusable (home not writable, key missing, database too new)."""
