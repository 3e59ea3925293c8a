"""Settings: precedence, where a value came from, and what is said of a wrong one."""

from pathlib import Path

import pytest

from sallyport.errors import BrokenInstallation, InvalidRequest
from sallyport.settings import CREDENTIALS, TABLE, load, mask_url


def test_everything_has_a_value_without_any_configuration(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert {setting.env for setting in TABLE} == set(settings.values)
    assert settings.home.is_absolute()
    assert settings.database_url == f"sqlite:///{settings.home / 'sallyport.sqlite'}"
    assert settings.lake_url == str(settings.home / "lake")
    assert settings.value("SALLYPORT_STREAMS").origin == "default"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SALLYPORT_STREAMS=3\nSALLYPORT_ORG='FILE@AdobeOrg'\nOTHER=1\n")
    settings = load({"SALLYPORT_STREAMS": "4"}, tmp_path)
    assert (settings.streams, settings.value("SALLYPORT_STREAMS").origin) == (4, "environment")
    assert (settings.org, settings.value("SALLYPORT_ORG").origin) == (
        "FILE@AdobeOrg",
        str(tmp_path / ".env"),
    )
    assert settings.runs_at_once == 2


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    settings = load(
        {
            "SALLYPORT_SECRET_KEY": "hunter2",
            "SALLYPORT_DATABASE_URL": "postgresql://ann:hunter2@db.example/sallyport",
        },
        tmp_path,
    )
    assert settings.secret_key == "hunter2"
    shown = [settings.shown(setting.env) for setting in TABLE]
    assert "hunter2" not in " ".join(shown)
    assert settings.shown("SALLYPORT_DATABASE_URL").endswith("ann:********@db.example/sallyport")
    assert mask_url("sqlite:////var/x.sqlite") == "sqlite:////var/x.sqlite"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SALLYPORT_HOME", "line 2"),
        ('SALLYPORT_HOME="unclosed', "line 2"),
        ("what is this", "line 2"),
        ("SALLYPORT_HOEM=/x", "does not exist"),
    ],
)
def test_a_broken_env_file_names_the_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / ".env").write_text(f"# settings\n{line}\n")
    with pytest.raises(InvalidRequest, match=said) as refused:
        load({}, tmp_path)
    assert refused.value.field == ".env"
    assert refused.value.cure


def test_a_broken_line_does_not_show_its_value(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('SALLYPORT_SECRET_KEY="hunter2\n')
    with pytest.raises(InvalidRequest) as refused:
        load({}, tmp_path)
    assert "hunter2" not in refused.value.sentence()


def test_an_env_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00S")
    with pytest.raises(BrokenInstallation, match=r"\.env cannot be read"):
        load({}, tmp_path)


def test_a_misspelt_setting_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as environment:
        load({"SALLYPORT_HOOME": "/x", "PATH": "/bin"}, tmp_path)
    (tmp_path / ".env").write_text("SALLYPORT_HOOME=/x\n")
    with pytest.raises(InvalidRequest) as file:
        load({}, tmp_path)

    assert (environment.value.field, environment.value.received) == ("SALLYPORT_HOOME",) * 2
    assert (file.value.field, file.value.received) == (".env", "SALLYPORT_HOOME")
    for refused in (environment.value, file.value):
        assert "Did you mean SALLYPORT_HOME?" in str(refused.cure)
        assert "/x" not in refused.sentence().replace(str(tmp_path), "")


def test_names_that_others_put_into_the_environment_are_left_alone(tmp_path: Path) -> None:
    kubernetes = {
        "SALLYPORT_SERVICE_HOST": "10.0.0.7",
        "SALLYPORT_SERVICE_PORT": "8420",
        "SALLYPORT_PORT": "tcp://10.0.0.7:8420",
        "SALLYPORT_PORT_8420_TCP": "tcp://10.0.0.7:8420",
        "SALLYPORT_PORT_8420_TCP_ADDR": "10.0.0.7",
    }
    assert load(kubernetes, tmp_path).values == load({}, tmp_path).values


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_may_stand_in_the_environment_and_not_in_the_file(
    tmp_path: Path, name: str
) -> None:
    assert name not in load({name: "hunter2"}, tmp_path).values
    (tmp_path / ".env").write_text(f"{name}=hunter2\n")
    with pytest.raises(InvalidRequest, match="credential") as refused:
        load({}, tmp_path)
    assert refused.value.received == name
    assert "hunter2" not in refused.value.sentence()


@pytest.mark.parametrize("value", ["0", "65", "many"])
def test_a_number_out_of_range_is_told_with_the_range(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidRequest, match="a whole number from 1 to 64"):
        load({"SALLYPORT_RUNS_AT_ONCE": value}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SALLYPORT_STREAMS", "many"),
        ("SALLYPORT_STREAMS", "0"),
        ("SALLYPORT_STREAMS", "17"),
        ("SALLYPORT_PAGE_ROWS", "-5"),
        ("SALLYPORT_VERIFY_SECONDS", "1.5"),
        ("SALLYPORT_LOG_LEVEL", "loud"),
        ("SALLYPORT_LOG_FORMAT", "xml"),
        ("SALLYPORT_DATABASE_URL", "mysql://x/y"),
        ("SALLYPORT_ORG", ""),
    ],
)
def test_a_wrong_value_names_setting_value_and_cure(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        load({name: value}, tmp_path)
    assert refused.value.field == name
    assert refused.value.received == value
    assert refused.value.cure
