"""What the terms of a report mean, and whom reactivation is of: messages of the catalogues."""

from retention.rates import INACTIVE, WITH_PROSPECTS

DEFINITIONS = {
    "active customer": "Last bought less than {inactive_after} days ago.",
    "dormant customer": (
        "Last bought {inactive_after} or more, but less than {lost_after} days ago."
    ),
    "lost (former) customer": "Last bought {lost_after} or more days ago.",
    "churn rate": (
        "Of the customers active at the opening of the period, the share not active at its close."
    ),
    "retention rate": "Of the same customers, the share still active at the close.",
    "reactivation rate": (
        "Of the customers dormant or lost at the opening, the share that bought in the period."
    ),
    "win-back rate": (
        "Of the customers lost at the opening, and of them only, the share that bought in the "
        "period."
    ),
    "revenue churn": (
        "Of the revenue that the customers active at the opening brought in within 365 days before "
        "it, the share of those not active at the close. No interval: it is a share of money."
    ),
    "quick ratio": (
        "Customers who joined, were reactivated or were won back in the period, for each customer "
        "who lapsed in it. Events, so that it may exceed 1."
    ),
    "95% interval": (
        "The range that the rate of a much larger group of such customers would lie in; "
        "small groups have wide ranges (Wilson)."
    ),
    "normal range": (
        "Where a rate lies as long as only chance moves it: the rate of the 12 complete periods "
        "before, taken together, plus and minus 3 standard errors for as many customers as were at "
        "risk now (the limits of a p-chart). A rate outside it is unusual, whatever the cause."
    ),
    "too few customers to tell": (
        "Among so few customers even the usual rate has a 95% interval wider than itself: half or "
        "double the rate would not stand out."
    ),
    "cohort": "The customers whose first purchase lies in the same period.",
}

OF_PROSPECTS = {
    "prospect": "Known, and not a customer so far.",
    "conversion rate": (
        "Of the prospects at the opening, the share that became customers in the period."
    ),
}
"""Terms of the units that know prospects, beyond DEFINITIONS."""

OF_WINBACK = {
    "former activity": (
        "By days of purchase in the 365 days up to the last one: of all who ever came back, very "
        "active are the top 20%, regular the next 30%, occasional the others."
    ),
    "opportunity value": (
        "Customers, times the share that will return within 365 days, times what a returner spends "
        "in the year from the return on."
    ),
    "RFM": "Recency, frequency and money: scores by which customers are told apart.",
    "response": "A purchase within the days that the settings give a campaign.",
    "control group (hold-out)": (
        "Customers drawn at random who are not contacted, and show how many come anyway."
    ),
    "uplift": "The share of an arm that responded, less that of the control group.",
}
"""Terms of the win-back page beyond DEFINITIONS."""

OF_INACTIVE = ("former activity", "opportunity value")
"""Those of OF_WINBACK that the page uses of contracts too."""

NOT_OF_WINBACK = (
    *("retention rate", "revenue churn", "quick ratio"),
    *("normal range", "too few customers to tell"),
)
"""Terms of DEFINITIONS that the win-back page does not use."""

REACTIVATION_OF = {
    INACTIVE: DEFINITIONS["reactivation rate"],
    WITH_PROSPECTS: (
        "Of the customers dormant or lost at the opening and of the prospects, taken together, the "
        "share that came back or became customers in the period."
    ),
}
SCOPES = {
    INACTIVE: "Reactivation in this report is of dormant and lost customers.",
    WITH_PROSPECTS: (
        "Reactivation in this report is of dormant and lost customers, and of prospects too: "
        "people who were known when the period opened and had never been customers."
    ),
}
"""The scope of reactivation -> what the page says of it."""
