"""What is said of purchases is not said of contracts."""

from __future__ import annotations

import re

import pytest
from messages import messages

from retention.contract_words import FORMS
from retention.language import LANGUAGES, Language

MESSAGES = messages()
OF_PURCHASES = re.compile(r"purchas|bought|\bbuy|\bgaps?\b|silen|refund", re.IGNORECASE)

# Said where there are purchases alone: their thresholds, their rows, what takes them back.
NEVER_OF_CONTRACTS = {
    "A customer counts as dormant {count} day after the last purchase and as lost after {lost}.",
    "Of those who have just become dormant, {share} would buy again within a year anyway (95% "
    "interval {interval}).",
    "followed by another purchase",
    "days since a purchase",
    "derived from the unit's own gaps (quantile of returns)",
    "derived from the unit's own gaps (multiple of the mean gap)",
    "of these, refunds and cancellations",
    "gaps that ended",
    "gaps still open",
    # Of the two sections that a unit of contracts leaves out, which say so in a line.
    "From the day of the purchase on that brought them back, in windows of 30 days, beside new "
    "customers from their first purchase on. Each return counts, and only customers who have been "
    "watched to the end of a window count in it.",
    "Do first-time buyers come a second time?",
    "The share of customers with a second purchase, by days since their first. Those who have "
    "bought once only and may still come again count for as long as they have been watched; the "
    "band is the 95% interval.",
    "bought in the 30 days up to then",
    "days since the first purchase or the return",
    "have bought a second time",
    "days since the first purchase",
    "Lines of the share that bought in each 30 days since the first purchase or the return, and "
    "of revenue per customer up to then; in the 30 days up to day {days}: {lives}.",
    "Curve of the share of {count} customer with a second purchase, by days since the first.",
    "second purchases",
    "Not counted here: contracts run on without a day of purchase.",
    # Columns of files that no table of the page shows.
    "revenue before refunds",
    "refunded",
    "revenue before refunds so far",
    # Of the page on whom to win back, and of its short form: what a unit of contracts leaves out,
    # which says so in a line.
    "A response is a purchase within {count} day, the day of the contact being the first. "
    "Customers whose day is not over, and those in two arms of a campaign, are left out.",
    "Curve of the share of purchases that are followed by another, from {low} within {first} "
    "days to {high} within {last}.",
    "In {count} arm customers were unlike the control before the contact, by more than 0.1 "
    "standard deviations and than chance explains, in what they had bought or how long they "
    "had been silent.",
    "Lines of the share with a second purchase, by period of the first.",
    "Second purchases by segment",
    "A dot right of zero: more of the customers contacted bought than of those held out. The "
    "thick line is the 95% interval of an arm alone, the thin one that of all arms of its "
    "campaign at once: where the thin line crosses zero, chance alone could explain it. The "
    "smallest uplift that 8 of 10 campaigns of this size would show stands in the tables; one that "
    "is smaller can show as well, with luck.",
    "RFM puts all customers in order by how recently and for how much in all they bought, and"
    " cuts each order into fifths: 5 is best. Of how often they bought, 1 is once, and the "
    "others are cut into fourths. The names below follow from two numbers: the score of "
    "recency, and the mean of those of frequency and money, halves rounded up. Who bought "
    "once has 1 for this mean, however much it was.",
    "A purchase within the days that the settings give a campaign.",
    "Time to the second purchase",
    "Not counted here: a response is a purchase on a day. What contracts earn is dated by the "
    "month, so that neither spend within so many days nor what was before a contact can be told.",
    "Who never buys again after the first purchase was hardly won. Each line follows those "
    "who first bought in a period: the share with a second purchase within 30, 60 and 90 "
    "days, of cohorts of which everybody has been watched for so long.",
    "bought once",
    "unlike in days silent",
    "unlike in purchase days",
    # Said of contracts: that silence is no matter of theirs.
    "Contracts end on their date, so nothing is derived from silence. How long a customer counts "
    "as dormant after it is a setting.",
    "In this unit, by purchase days in the year up to the last one: {ranges}. Who never bought "
    "on a second day at all is called {once}.",
}


def test_every_message_about_purchases_has_a_form_for_contracts() -> None:
    """Give what fails here a form in contract_words, or say above why contracts never meet it."""
    about = {one for one, message in MESSAGES.items() if OF_PURCHASES.search(one)}
    assert about - set(FORMS) - NEVER_OF_CONTRACTS == set()
    assert NEVER_OF_CONTRACTS - about == set()


def test_forms_are_of_messages_that_there_are() -> None:
    known = {text for message in MESSAGES.values() for text in (message.one, message.many)}
    assert set(FORMS) - known == set()
    plurals = {m.one: m.many for m in MESSAGES.values() if m.one in FORMS and m.many}
    assert set(plurals.values()) <= set(FORMS)


@pytest.mark.parametrize("form", FORMS.values())
def test_no_form_speaks_of_purchases(form: str) -> None:
    assert form in NEVER_OF_CONTRACTS or not OF_PURCHASES.search(form)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_language_of_a_unit_of_contracts_says_the_form(code: str) -> None:
    of_contracts, of_purchases = Language(code, model="subscriptions"), Language(code)
    first = "periods since the first purchase"
    assert of_contracts(first) == of_purchases("periods since the first service")
    assert of_contracts(first) != of_purchases(first)
    assert of_contracts.text(first) == of_contracts(first)
    told = Language.of({"language": code, "model": "subscriptions"})
    assert told.each({"a": first}) == {"a": of_contracts(first)}
    one, many = (
        f"Heatmap of {{count}} {word} by periods since the first purchase."
        for word in ("cohort", "cohorts")
    )
    for count in (1, 2):
        forms = one.replace("purchase", "service"), many.replace("purchase", "service")
        assert of_contracts.plural(one, many, count) == of_purchases.plural(*forms, count)
    # What has no form is said alike.
    assert of_contracts("churn rate") == of_purchases("churn rate")
