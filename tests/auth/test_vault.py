import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sallyport.auth.vault import EnvKey, FileKey, Vault
from sallyport.errors import BrokenInstallation
from sallyport.kernel import Secret

PLAIN = {"client_secret": "s3cret", "한국": "값 \n'\""}


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def vault(*keys: str) -> Vault:
    return Vault(EnvKey(Secret(" ".join(keys))))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "secret.key"


def test_what_is_sealed_opens_in_its_context() -> None:
    box = vault(new_key())
    sealed = box.seal(PLAIN, context="connection-1")
    assert "s3cret" not in sealed
    assert sealed.isascii()
    opened = box.open(sealed, context="connection-1")
    assert {name: secret.reveal() for name, secret in opened.items()} == PLAIN
    assert "s3cret" not in repr(opened)


def test_the_same_secrets_are_sealed_differently_each_time() -> None:
    box = vault(new_key())
    assert box.seal(PLAIN, context="c") != box.seal(PLAIN, context="c")


def test_a_sealed_text_does_not_open_for_another_connection() -> None:
    box = vault(new_key())
    with pytest.raises(BrokenInstallation, match="belong to something else"):
        box.open(box.seal(PLAIN, context="connection-1"), context="connection-2")


def test_another_key_is_told_apart_from_tampering() -> None:
    sealed = vault(new_key()).seal(PLAIN, context="c")
    with pytest.raises(BrokenInstallation, match="sealed with key") as caught:
        vault(new_key()).open(sealed, context="c")
    assert "SALLYPORT_SECRET_KEY" in str(caught.value.cure)


def test_every_changed_byte_is_noticed() -> None:
    box = vault(new_key())
    sealed = box.seal({"a": "b"}, context="c")
    for position, character in enumerate(sealed):
        other = "A" if character not in "Aa" else "9"
        changed = sealed[:position] + other + sealed[position + 1 :]
        with pytest.raises(BrokenInstallation):
            box.open(changed, context="c")


@pytest.mark.parametrize(
    "sealed", ["", "plain text", "a.b.c", "sallyport2.k.AAAA.AAAA", "sallyport1.k.!.!"]
)
def test_what_was_never_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(BrokenInstallation):
        vault(new_key()).open(sealed, context="c")


def test_a_rotated_key_still_opens_what_it_sealed() -> None:
    old, new = new_key(), new_key()
    sealed = vault(old).seal(PLAIN, context="c")
    both = vault(new, old)
    assert both.open(sealed, context="c")["client_secret"].reveal() == "s3cret"
    renewed = both.seal(PLAIN, context="c")
    assert vault(new).open(renewed, context="c")["client_secret"].reveal() == "s3cret"


@pytest.mark.parametrize(
    "text", ["", "short", "not base64 !", base64.b64encode(b"x" * 31).decode()]
)
def test_a_malformed_key_is_named_with_the_way_to_make_one(text: str) -> None:
    with pytest.raises(BrokenInstallation) as caught:
        Vault(EnvKey(Secret(text))).seal(PLAIN, context="c")
    assert caught.value.field == "SALLYPORT_SECRET_KEY"
    assert "openssl rand -base64 32" in str(caught.value.cure)
    assert text not in caught.value.sentence() or not text


def test_the_first_sealing_makes_a_key_file_for_its_owner_alone(key_file: Path) -> None:
    sealed = Vault(FileKey(key_file)).seal(PLAIN, context="c")
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [entry.name for entry in key_file.parent.iterdir()] == ["secret.key"]
    assert Vault(FileKey(key_file)).open(sealed, context="c")["client_secret"].reveal() == "s3cret"


def test_a_lost_key_file_is_said_and_not_replaced(key_file: Path) -> None:
    box = Vault(FileKey(key_file))
    sealed = box.seal(PLAIN, context="c")
    key_file.unlink()
    with pytest.raises(BrokenInstallation, match="cannot be read"):
        box.open(sealed, context="c")
    assert not key_file.exists()


def test_a_key_file_others_may_read_is_refused(key_file: Path) -> None:
    box = Vault(FileKey(key_file))
    sealed = box.seal(PLAIN, context="c")
    key_file.chmod(0o640)
    with pytest.raises(BrokenInstallation, match="mode 640") as caught:
        box.open(sealed, context="c")
    assert caught.value.cure == f"Run: chmod 600 {key_file}"


def test_a_key_file_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    with pytest.raises(BrokenInstallation, match="cannot be made"):
        Vault(FileKey(tmp_path / "home" / "secret.key")).seal(PLAIN, context="c")


SEALING = """
import sys
from pathlib import Path
from sallyport.auth.vault import FileKey, Vault
sys.stdin.readline()
print(Vault(FileKey(Path(sys.argv[1]))).seal({"a": "b"}, context="c"))
"""


def test_processes_that_start_at_once_agree_on_one_key(key_file: Path) -> None:
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", SEALING, str(key_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    sealed = [process.communicate(timeout=60)[0].strip() for process in starting]
    box = Vault(FileKey(key_file))
    assert [box.open(text, context="c")["a"].reveal() for text in sealed] == ["b"] * 6
