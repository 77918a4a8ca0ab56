"""`retention audience`: its options, and what it says."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def audience(
    slug: Annotated[str, typer.Argument(help="The unit: its slug, or its settings file.")],
    name: Annotated[str, typer.Argument(help="The audience, by one of the names above.")],
    out: Annotated[
        Path, typer.Option(help="The .csv to write; its folder exists, and is not of reports.")
    ],
    params: Annotated[Path, typer.Option(help="Folder of the settings files.")] = Path("params"),
    reports: Annotated[
        Path, typer.Option(help="Folder of the reports, to know the last run by.")
    ] = Path("reports"),
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day covered, in place of the settings'."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="What happened after this day is new; by default the last day of the newest "
            "report that covers less.",
        ),
    ] = None,
    within: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Days that about-to-lapse looks ahead; by default 7."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Narrow the audience, as by \"state = 'lost' AND value_365d >= 100\": columns of "
            "the file compared with values, in SQL.",
        ),
    ] = None,
    holdout: Annotated[
        str | None,
        typer.Option(metavar="PERCENT", help="Hold out so many at random, as by 10%: arm control."),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER", help="What the draw hangs on; by default the campaign's name."
        ),
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Name of the campaign; by default SLUG-NAME-DATE.")
    ] = None,
    contact_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day on which they are written to; by default the day after the last one covered.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite OUT and its manifest.")] = False,
) -> None:
    """Write the customers of an audience to a private file, one row each.

    \b
    became-dormant   turned dormant since the last run (--since)
    became-lost      turned lost since the last run (--since)
    won-back         came back from lost since the last run (--since)
    about-to-lapse   turn dormant within 7 days (--within) unless they buy
    lost-high-value  lost, of the fifth of all customers who were worth most
    one-time-buyers  have bought on one day only
    where            all customers, to choose among by --where

    A mail tool writes to those whose arm is treated. The same file is then
    what the setting `contacts` reads to measure the effect.

    OUT.manifest.json beside it says who made it, when, of how many customers.
    Both are for their owner alone, and are refused among reports.
    """
    from retention import open_unit
    from retention.environment import shown
    from retention.params import find_unit, settings
    from retention.reporting import audience as audiences
    from retention.reporting.progress import Watch

    request = audiences.Request(
        name=name,
        out=out,
        reports=reports,
        since=since.date() if since else None,
        within_days=within,
        where=where,
        holdout=audiences.share(holdout) if holdout is not None else 0.0,
        seed=seed,
        campaign=campaign,
        contact_on=contact_on.date() if contact_on else None,
        force=force,
    )
    day = as_of.date() if as_of else None
    asked = settings(find_unit(slug, params=params), overrides={"as_of": day})
    audiences.check(request, segments=asked.segments)
    with Watch() as watch:
        watch.wait_for(f"reading {shown(asked.source)}")
        unit = open_unit(asked)
        watch.wait_for(f"choosing {name} of {asked.slug}")
        written = audiences.write(unit, request)
    for line in written.told():
        typer.echo(line)
