"""Files of training settings: what they may hold, and which of several wins."""

from pathlib import Path

import pytest

from kgattn.cli.settings import merge_settings, read_settings
from kgattn.errors import ConfigError


def test_later_settings_win_one_by_one() -> None:
    base = {"epochs": 5, "injection": {"bound": 4.0, "rank": 8}}

    assert merge_settings([base, {"injection": {"rank": 4}}, {"seed": 2}]) == {
        "epochs": 5,
        "injection": {"bound": 4.0, "rank": 4},
        "seed": 2,
    }


@pytest.mark.parametrize(("text", "message"), [("{", "must be JSON"), ("[]", "must hold a JSON object .* got list")])
def test_settings_must_be_an_object(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=message):
        read_settings(file)
