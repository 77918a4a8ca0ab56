"""Settings that say secrets, or values that do not go together."""

import json

import pytest
from refusals import refused

from retention.params import settings

# Secrets


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://kit:hunter2@db:5432/shop",
        "postgresql://kit:${USER}hunter2@db/shop",
        "snowflake://db/shop?user=kit&password=hunter2",
        "https://host/x.parquet?access_token=hunter2",
    ],
)
def test_a_secret_written_into_a_source_is_refused_and_not_repeated(folder, source):
    (folder / "shop.yaml").write_text(f"unit: Shop\nsource: {source}\n")
    (problem,) = refused(settings, "params/shop.yaml")
    assert problem.startswith("params/shop.yaml:2: source: holds a password or key")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://kit:${SHOP_PASSWORD}@db:5432/shop",
        "postgresql://kit@db:5432/shop",
        "${SHOP_URL}",
        "snowflake://db/shop?password=${SHOP_PASSWORD}",
        "s3://bucket/a:b@c/*.parquet",
        "data/shop@home:1.csv",
    ],
)
def test_a_source_may_name_secrets_of_the_environment_and_keeps_the_name(
    folder, monkeypatch, source
):
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    monkeypatch.setenv("SHOP_URL", "hunter2")
    (folder / "shop.yaml").write_text(f"unit: Shop\nsource: {source}\n")
    shop = settings("params/shop.yaml")
    assert shop.source == source
    assert "hunter2" not in json.dumps(shop.resolved())


def test_the_value_of_a_secret_key_is_not_repeated(unit):
    assert "hunter2" not in refused(unit, "password: hunter2\n")[0]


# Values that do not go together


def test_lost_below_inactive_is_refused_on_the_line_of_lost(unit):
    (problem,) = refused(unit, "lost_after: 89\ninactive_after: 90\n")
    assert problem.startswith(
        "params/france.yaml:3: lost_after: lost_after (89) is below inactive_after (90)"
    )


@pytest.mark.parametrize("lost", ["90", "auto"])
def test_lost_may_equal_inactive_or_be_left_to_the_data(unit, lost):
    assert str(unit(f"inactive_after: 90\nlost_after: {lost}\n").lost_after) == lost


def test_of_two_values_that_clash_the_one_given_last_is_blamed(unit):
    (problem,) = refused(unit, "inactive_after: 30\nlost_after: 60\n", inactive_after=61)
    assert problem.startswith("parameter inactive_after: lost_after (60) is below inactive_after")


def test_prospects_in_scope_need_a_source_of_prospects(unit):
    assert any(
        "needs the key prospects" in p
        for p in refused(unit, "reactivation_scope: with_prospects\n")
    )


@pytest.mark.parametrize("lost", ["0", "90", "auto"])
def test_contracts_may_be_lost_at_their_end(unit, lost):
    assert str(unit(f"model: subscriptions\nlost_after: {lost}\n").lost_after) == lost


def test_purchases_are_not_lost_at_once(unit):
    assert refused(unit, "lost_after: 0\n") == [
        "params/france.yaml:3: lost_after: lost_after (0) is for subscriptions; for purchases give "
        "a whole number of days from 1 to 36500, or auto"
    ]


def test_a_contract_ends_on_its_date_and_not_by_silence(folder, unit):
    problem = (
        "inactive_after (90) is for purchases: a contract ends on its date; leave it out, or write "
        "auto"
    )
    assert refused(unit, "model: subscriptions\ninactive_after: 90\n") == [
        f"params/france.yaml:4: inactive_after: {problem}"
    ]
    # Shops and contracts under the same defaults: the unit's own file is the one to change.
    (folder / "defaults.yaml").write_text("source: x.csv\ninactive_after: 90\n")
    (folder / "a.yaml").write_text("unit: a\nmodel: subscriptions\n")
    assert refused(settings, "params/a.yaml") == [f"params/a.yaml:2: model: {problem}"]
    (folder / "a.yaml").write_text("unit: a\nmodel: subscriptions\ninactive_after: auto\n")
    assert settings("params/a.yaml").inactive_after == "auto"
