"""What the report says of contracts where it speaks of purchases otherwise.

Each entry is a message as it is written elsewhere, and its form for units of contracts; both are
messages of the catalogues, and what has no entry is said alike. A plural has two entries.
"""

FORMS = {
    "Read from left to right: active customers at the opening, those who joined or came back, "
    "those who fell silent, and what is left at the close.": (
        "Read from left to right: active customers at the opening, those who joined or came back, "
        "those whose service ended, and what is left at the close."
    ),
    "**Win-back** looks at former customers only: of the customers who were already *lost* when "
    "the period opened, the share that bought in it. **Reactivation** has the wider scope: of all "
    "inactive customers, *dormant and lost*, the share that bought.": (
        "**Win-back** looks at former customers only: of the customers who were already *lost* "
        "when the period opened, the share that had service in it again. **Reactivation** has the "
        "wider scope: of all inactive customers, *dormant and lost*, the share that had service "
        "again."
    ),
    "Revenue of each period, by how its customers came to buy in it: retained, new, reactivated or "
    "won back.": (
        "Revenue of each period, earned day by day of service, by how its customers came to be in "
        "service: retained, new, reactivated or won back. Below it stands monthly recurring "
        "revenue (MRR), what the contracts in force are worth a month: what moved it, and how much "
        "of the MRR at the opening its customers still pay at the close, without (gross) and with "
        "(net) what they pay more."
    ),
    "Each row is the group of customers who first bought in that period; each cell is the "
    "percentage of them who bought again so many periods later. Hatched cells belong to the "
    "running period, empty ones have not happened yet.": (
        "Each row is the group of customers whose first service began in that period; each cell is "
        "the percentage of them who had service so many periods later, on one day at least. "
        "Hatched cells belong to the running period, empty ones have not happened yet."
    ),
    "The same groups: revenue per customer of the group, added up since the first purchase, "
    "refunds taken off.": (
        "The same groups: revenue per customer of the group, earned day by day of service and "
        "added up since the first of them."
    ),
    "The thresholds come from the unit's own gaps between purchases. The curve shows how many "
    "purchases are followed by another within so many days; gaps that are still open count too.": (
        "Contracts end on their date, so nothing is derived from silence. How long a customer "
        "counts as dormant after it is a setting."
    ),
    "Every row of the source is counted here, with its revenue: what was kept, and what was "
    "dropped and why.": (
        "Every row of the source is counted here, with its amount per month: what was kept, and "
        "what was dropped and why."
    ),
    "Heatmap of {count} cohort by periods since the first purchase.": (
        "Heatmap of {count} cohort by periods since the first service."
    ),
    "Heatmap of {count} cohorts by periods since the first purchase.": (
        "Heatmap of {count} cohorts by periods since the first service."
    ),
    "Lines of the share of lapsed customers that has bought again, by period of the lapse; of the "
    "{lapsed} who lapsed {in_period}, {share} had bought again within {age}.": (
        "Lines of the share of lapsed customers that has had service again, by period of the "
        "lapse; of the {lapsed} who lapsed {in_period}, {share} had service again within {age}."
    ),
    "periods since the first purchase": "periods since the first service",
    "share that has bought again": "share that has had service again",
    "Last bought less than {inactive_after} days ago.": "Has a service in force.",
    "Last bought {inactive_after} or more, but less than {lost_after} days ago.": (
        "The last service ended less than {lost_after} days ago."
    ),
    "Last bought {lost_after} or more days ago.": (
        "The last service ended {lost_after} or more days ago."
    ),
    "Of the customers dormant or lost at the opening, the share that bought in the period.": (
        "Of the customers dormant or lost at the opening, the share with a day of service in the "
        "period."
    ),
    "Of the customers lost at the opening, and of them only, the share that bought in the "
    "period.": (
        "Of the customers lost at the opening, and of them only, the share with a day of service "
        "in the period."
    ),
    "The customers whose first purchase lies in the same period.": (
        "The customers whose first service began in the same period."
    ),
    "{count} inactive customer bought again; {former} of them had been lost.": (
        "{count} inactive customer had service again; {former} of them had been lost."
    ),
    "{count} inactive customers bought again; {former} of them had been lost.": (
        "{count} inactive customers had service again; {former} of them had been lost."
    ),
    "bought for the first time": "in service for the first time",
    "bought as": "in service as",
    "first purchase in": "first service in",
    "have bought again": "have had service again",
    "revenue in them": "amount per month in them",
    "Such tools look at two periods and at nothing in between: who bought in this one, and who in "
    "the one before. There *churned* means not having bought for one period, so their figures "
    "differ from the rates above. Here they are, to reconcile them.": (
        "Such tools look at two periods and at nothing in between: who had a day of service in "
        "this one, and who in the one before. There *churned* means no day of service for one "
        "whole period, so their figures differ from the rates above. Here they are, to reconcile "
        "them."
    ),
    "The buyers of a period beside those of the period before": (
        "Those in service in a period beside those of the period before"
    ),
    "bought in the period (active)": "in service in the period (active)",
    "also bought in the period before (retained)": "also in the period before (retained)",
    "bought before, and not in the period before (resurrected)": (
        "in service before, and not in the period before (resurrected)"
    ),
    "bought in the period before, and not in this one (churned)": (
        "in service in the period before, and not in this one (churned)"
    ),
    "revenue of all who bought": "revenue of all in service",
    "from those who also bought before": "from those also in service before",
    "refunds without a purchase": "from those without service",
    "Nothing to show.": "A contract ends on its date: there is no threshold to vary.",
    "Customers who are dormant or lost today, by how often they bought in the year up to their "
    "last purchase: of all who ever came back, *very active* ones are the top 20%, *regular* "
    "ones the next 30%. By what they brought in then: of all customers, *high value* is the top "
    "20%, *middle value* the next 30%. And by how long ago they lapsed. Below the chart stands "
    "the opportunity value: what those of them who return within a year will spend in the year "
    "from then on. The win-back page, which `make winback` writes, says more of them, and "
    "whether that estimate would have been right a year ago.": (
        "Customers who are dormant or lost today, by their tenure: how many days they had "
        "service, pauses left out. By what their contracts earned in the 12 months up to the end "
        "of service: of all customers, *high value* is the top 20%, *middle value* the next 30%. "
        "And by how long ago service ended. Below the chart stands the opportunity value: what "
        "the contracts of those of them who return within a year will earn in the year from then "
        "on. The win-back page, which `make winback` writes, says more of them, and whether that "
        "estimate would have been right a year ago."
    ),
    "Customers who are dormant or lost today, by how often they bought in the year up to their "
    "last purchase. Of all customers who ever came back, *very active* ones are the top 20%, "
    "*regular* ones the next 30%, and *occasional* ones the others.": (
        "Customers who are dormant or lost today, by their tenure: how many days they had "
        "service, pauses left out."
    ),
    "By value, customers of *high value* are the top 20% of all customers, active ones too, "
    "those of *middle value* the next 30%. Value is the revenue of the 365 days up to a "
    "customer's own last purchase, refunds taken off.": (
        "By value, customers of *high value* are the top 20% of all customers, active ones too, "
        "those of *middle value* the next 30%. Value is what a customer's contracts earned in "
        "the 12 months up to the end of service, counted by whole months."
    ),
    "The same estimate for earlier days, made of nothing but what had been bought by then, "
    "thresholds included, beside what came. Where the data reach back less than two years and a "
    "year to learn from, it speaks of what returners spend within the year after its day, "
    "because only that can be seen by now.": (
        "The same estimate for earlier days, made of nothing but the contracts as they were "
        "known then, beside what came. Where the data reach back less than two years and a year "
        "to learn from, it speaks of what the contracts of returners earn within the year after "
        "its day, because only that can be seen by now."
    ),
    "Most customers: {group}, {count} ({share}, 95% interval {interval}). Most revenue in the "
    "year up to the last purchase: {other}, {money}.": (
        "Most customers: {group}, {count} ({share}, 95% interval {interval}). Most revenue in "
        "the 12 months up to the end of service: {other}, {money}."
    ),
    "revenue in the year up to the last purchase": ("revenue in the last year of service"),
    "in the 365 days up to each one's last purchase": (
        "in the 12 months up to the end of each one's service"
    ),
    "The rule of thumb, for comparison: {customers} customers × {share} that return × {each}, "
    "what each brought in in the year up to the last purchase, makes {product}. It takes every "
    "returner for an average customer as before; the estimate takes returners as they were.": (
        "The rule of thumb, for comparison: {customers} customers × {share} that return × "
        "{each}, what the contracts of each earned in the 365 days up to the end of service, "
        "makes {product}. It takes every returner for an average customer as before; the "
        "estimate takes returners as they were."
    ),
    "The customers who are dormant or lost today by the same columns, and what they brought in "
    "in the year up to their last purchase. Values with few of them stand together as one.": (
        "The customers who are dormant or lost today by the same columns, and what their "
        "contracts earned in the 12 months up to the end of service. Values with few of them "
        "stand together as one."
    ),
    "By days of purchase in the 365 days up to the last one: of all who ever came back, very "
    "active are the top 20%, regular the next 30%, occasional the others.": (
        "All days with service up to the last end of it, pauses left out."
    ),
    "former activity": "tenure",
    "time since the lapse": "time since the end",
    "Whom have we lost, and how active were they?": (
        "Whom have we lost, and how long were they customers?"
    ),
    "Bars of opportunity value and of the share that returns, by time since the lapse and former "
    "activity. Worth most of those shown: {most}.": (
        "Bars of opportunity value and of the share that returns, by time since the end of "
        "service and tenure. Worth most of those shown: {most}."
    ),
    "{count} more customer last bought before {day} and is left out: nobody who had been silent "
    "for so long could be watched for a year.": (
        "{count} more customer had service last before {day} and is left out: nobody without "
        "service for so long could be watched for a year."
    ),
    "{count} more customers last bought before {day} and are left out: nobody who had been "
    "silent for so long could be watched for a year.": (
        "{count} more customers had service last before {day} and are left out: nobody without "
        "service for so long could be watched for a year."
    ),
    "{activity}, {bracket} since the lapse ({customers} customers, {share} return): {value}, 90% "
    "interval {low} to {high}": (
        "{activity}, {bracket} since the end of service ({customers} customers, {share} return): "
        "{value}, 90% interval {low} to {high}"
    ),
    "The group worth most, of those that can be shown: {most}. This command lists all who lapsed "
    "in that time, and holds out 10% at random as a control group:": (
        "The group worth most, of those that can be shown: {most}. This command lists all whose "
        "service ended in that time, and holds out 10% at random as a control group:"
    ),
    "The rates of a period, from the last 12 complete ones together, by the columns of the data "
    "that the settings name: who was at risk in several of them counts in each. A customer belongs "
    "where the first purchase was made, so that later purchases change nothing. A difference to "
    "the others is in colour only where it holds after a correction for comparing many.": (
        "The rates of a period, from the last 12 complete ones together, by the columns of the "
        "data that the settings name: who was at risk in several of them counts in each. A "
        "customer belongs where the first contract was made, so that later contracts change "
        "nothing. A difference to the others is in colour only where it holds after a correction "
        "for comparing many."
    ),
}
