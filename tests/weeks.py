"""Two drawn weeks and three days of a third, whose figures are worked out by hand."""

from __future__ import annotations

from datetime import date

WEEK_1, WEEK_2, WEEK_3 = date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)

# Two whole weeks and three days of a third. inactive_after 2, lost_after 4, so by hand:
#        week 1   week 2   running    states at the close
WEEKS = {
    "ann": "$...... ..$.... ...",  #  AADDLLL LLAADDL LLL
    "bob": ".....$. ..$.$.. ...",  #  -----AA DDAAAAD DLL
    "cat": "......$ ...$.$. ...",  #  ------A ADDAAAA DDL
    "dan": "....$.. .r..... ...",  #  ----AAD DLLLLLL LLL
    "eve": "...r... ....... ...",  #  never a customer
    "fay": "....... ....... .$.",  #  new in the running week
}
