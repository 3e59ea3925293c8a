"""How errors, values and progress are put into words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sallyport.cli.display import cell, printable, shortened
from sallyport.cli.problems import (
    as_json,
    as_text,
    exit_code,
    in_terminal_spelling,
    stored_as_json,
    stored_as_text,
)
from sallyport.cli.progress import Lines
from sallyport.errors import (
    BrokenInstallation,
    Conflict,
    InvalidRequest,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    SallyportError,
)


@pytest.mark.parametrize(
    ("field", "spelled"),
    [
        ("api_version", "--api-version"),
        ("environmentUrl", "--environment-url"),
        ("password", "--password-file"),
        ("jwtToken", "--jwt-token-file"),
        ("name", "NAME"),
        ("sql", "SQL"),
        ("SALLYPORT_HOME", "SALLYPORT_HOME"),
        (".env", ".env"),
    ],
)
def test_fields_are_spelled_as_they_are_typed(field: str, spelled: str) -> None:
    assert in_terminal_spelling(field) == spelled


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequest("x"), 2),
        (NotFound("x"), 1),
        (Conflict("x"), 1),
        (RemoteRefused("x", status=400, code="c", text="t"), 1),
        (RemoteUnavailable("x", stage="dns"), 1),
        (BrokenInstallation("x"), 1),
        (SallyportError("x"), 1),
    ],
)
def test_exit_codes_tell_misuse_from_failure(error: SallyportError, code: int) -> None:
    assert exit_code(error) == code


def test_an_error_says_what_is_wrong_what_came_and_what_to_do() -> None:
    error = InvalidRequest("is not usable.", field="api_version", received="x", cure="Write 60.0.")

    assert as_text(error) == "Error: --api-version: is not usable.\nReceived: 'x'\nWrite 60.0."
    assert as_json(error) == {
        "error": {
            "type": "InvalidRequest",
            "message": "is not usable.",
            "field": "--api-version",
            "received": "x",
            "cure": "Write 60.0.",
        }
    }


def test_a_stored_error_is_spelled_like_any_other_and_an_old_one_is_shown_as_it_is() -> None:
    stored = {"code": "c", "message": "is wrong.", "field": "jwt_token", "cure": "Make another."}
    old = {"code": "c", "message": "jwt_token: is wrong. Make another."}

    assert stored_as_text(stored) == "--jwt-token-file: is wrong. Make another."
    assert stored_as_json(stored) == stored | {"field": "--jwt-token-file"}
    assert stored_as_text(old) == old["message"]
    assert stored_as_json(old) == old


def test_a_cell_never_moves_the_cursor() -> None:
    assert (
        cell("a\nb\tc\x1b[2Jd\r") == "a⏎b c\N{REPLACEMENT CHARACTER}[2Jd\N{REPLACEMENT CHARACTER}"
    )
    assert printable("Zoë 지우 😀") == "Zoë 지우 😀"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05Z"),
        (date(2024, 1, 2), "2024-01-02"),
        (Decimal("12.50"), "12.5"),
        (Decimal("123456789012345678901"), "123456789012345678901"),
        (float("nan"), "null"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_are_shown_plainly(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shortened("short") == "short"
    assert shortened("a" * 100 + "b" * 100, 20) == "a" * 10 + " … " + "b" * 10


def test_plain_progress_speaks_when_the_stage_changes_and_every_two_seconds() -> None:
    now = [100.0]
    said: list[str] = []
    lines = Lines(said.append, lambda: now[0])

    lines.update("Account", "queued", 0, None)
    lines.update("Account", "queued", 0, None)
    lines.update("Account", "reading", 10, 4000)
    now[0] += 1.0
    lines.update("Account", "reading", 20, 4000)
    now[0] += 1.0
    lines.update("Account", "reading", 3000, 4000)
    lines.update("Account", "success", 4000, 4000)

    assert said == [
        "Account: queued",
        "Account: reading, 10 of 4,000 rows",
        "Account: reading, 3,000 of 4,000 rows",
        "Account: success, 4,000 of 4,000 rows",
    ]
