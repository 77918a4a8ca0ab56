"""What the environment gave to a source stands in no file, in no form."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest

from retention.params import Settings
from retention.reporting.secrets import named, secrets, without

PASSWORD = 'p&ss "w\u00f6rd" <7>'
GIVEN = {"SHOP_PASSWORD": PASSWORD}


def settings(source: str, **change: object) -> Settings:
    return Settings(slug="shop", path=Path("shop.yaml"), unit="Shop", source=source, **change)


def test_secrets_are_what_the_source_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    monkeypatch.setenv("OTHER_PASSWORD", "not named at all")
    found = settings("postgresql://reader:${SHOP_PASSWORD}@host/${UNSET_HERE}", table="orders")
    assert secrets(found) == GIVEN


@pytest.mark.parametrize("value", ["", "short", "orders_of_all"])
def test_what_is_short_or_stands_in_the_settings_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SHOP_DATA", value)
    assert secrets(settings("${SHOP_DATA}/orders_of_all.csv")) == {}


@pytest.mark.parametrize(
    "form", [PASSWORD, escape(PASSWORD), quote(PASSWORD, safe=""), 'p&ss \\"w\\u00f6rd\\" <7>']
)
def test_a_secret_is_found_in_every_form_and_taken_out(form: str) -> None:
    text = f"<p>cannot open {form} here</p>"
    assert named(text, GIVEN) == ["SHOP_PASSWORD"]
    assert without(text, GIVEN) == "<p>cannot open ${SHOP_PASSWORD} here</p>"


def test_without_secrets_a_text_stays() -> None:
    assert named("p&ss", GIVEN) == []
    assert without("p&ss", GIVEN) == "p&ss"
