"""What a refusal is: one kind for each way the wire writes it down.

What belongs here: the three records. What does not: wordings (the neighbours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Refusal(Exception):
    """A request turned down in Salesforce's own words: REST's array of errors.

    ``fields`` are the fields at fault; None leaves the key out, as all but writes do.
    ``code_first`` is how few are written: the code before the message.
    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] | None = None
    code_first: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(eq=False, slots=True)
class OAuthRefusal(Exception):
    """A token request turned down: ``{"error", "error_description"}`` with 400 (observed).

    ``description`` None leaves the key out; ``headers`` differ from those of other answers.
    """

    error: str
    description: str | None
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


@dataclass(eq=False, slots=True)
class BareRefusal(Exception):
    """A request turned down with bare text, or with nothing but a status."""

    status: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.status}: {self.text}"


@dataclass(eq=False, slots=True)
class SoapRefusal(Exception):
    """A SOAP fault: ``fault`` names the element in its detail, ``prefixed`` puts sf: first.

    The HTTP status is 500 (observed) but for what the simulator does not model.
    """

    code: str
    message: str
    fault: str = "LoginFault"
    prefixed: bool = False
    status: int = 500

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
