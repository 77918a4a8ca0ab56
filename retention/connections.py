"""Connections to the servers that hold tables: PostgreSQL and Spark.

Called by `sources`, the only door.
"""

import logging
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import ibis
import tenacity
from ibis.backends import BaseBackend

from retention.engines import unbroken
from retention.errors import DataRefused

if TYPE_CHECKING:
    from psycopg import Connection

_log = logging.getLogger(__name__)

# A driver's text may quote the URL, and with it a password: what it says is said in our words.
_REASONS = {
    "authentication failed": "user or password is wrong",
    "no password supplied": "it wants a password",
    "Connection refused": "nothing answers there",
    "No such file or directory": "nothing answers there",
    "starting up": "it is starting up",
    "shutting down": "it is shutting down",
    "not yet accepting connections": "it is starting up",
    "too many clients": "it has too many connections",
    "too many connections": "it has too many connections",
    "connection slots are reserved": "it has too many connections",
    "closed the connection unexpectedly": "it closed the connection",
    "not known": "the host is not known",
    "name resolution": "the host is not known",
    "does not exist": "it has no such database or user",
    "invalid integer value": "the port in the URL is none",
    "invalid port": "the port in the URL is none",
    "Port could not be cast": "the port in the URL is none",
    "Port out of range": "the port in the URL is none",
    "Invalid IPv6 URL": "the host in the URL is none",
    "does not appear to be an IP": "the host in the URL is none",
    "invalid URI": "the URL has an option that PostgreSQL does not know",
    "timeout expired": "it does not answer in time",
    "timed out": "it does not answer in time",
    "JAVA_GATEWAY_EXITED": "Java 17 or newer is needed, and does not start",
    "Could not parse Master URL": "the master in the URL is none",
}


TRIES = 5
"""How often a server is asked that refuses the connection."""

FIRST_WAIT_SECONDS = 1.0
"""Before the second try; each later wait is twice the one before."""

# What a server, or the system in its place, refuses while it restarts or has too much to do; to a
# wrong user, password, name or option a second try would be told the same.
_PASSING = {
    "nothing answers there",
    "it is starting up",
    "it is shutting down",
    "it has too many connections",
    "it closed the connection",
}
_in_vain: set[str] = set()
"""URLs of servers that refused every try: the next unit of a batch does not wait for them again."""


_SPARK_CONNECT_PORT = 15002
_SPARK_CONNECT_SECONDS = 10


def postgres(source: str, url: str) -> BaseBackend:
    """A connection of its own to a PostgreSQL server.

    source: what messages show in place of `url`. A server that refuses the connection is asked
    again a few times, after waits that grow. Raises DataRefused.
    """
    try:
        import psycopg
    except ImportError:
        raise DataRefused(_no_driver(source, "postgres")) from None
    try:
        connection = _connection(source, url)
    except psycopg.Error as error:
        raise DataRefused(_no_connection(source, error)) from None
    try:
        with unbroken():
            return ibis.postgres.from_connection(connection)
    except DataRefused:
        connection.close()
        raise


def spark(source: str, url: str) -> BaseBackend:
    """A session of its own on Spark.

    url: `spark://host:7077`, a cluster, or `pyspark://`, what the environment configures; options
        as `?key=value`. source: what messages show in its place. Raises DataRefused.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise DataRefused(_no_driver(source, "spark")) from None
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DataRefused(_no_connection(source, error)) from None
    if parts.scheme == "pyspark" and (parts.netloc or parts.path):
        raise DataRefused(
            f"source {source}: pyspark:// stands for the Spark that is configured where the kit "
            "runs, and takes ?options alone; a cluster is spark://host:7077"
        )
    # A line that rewrites itself belongs to a terminal of Spark's own.
    options = {"spark.ui.showConsoleProgress": "false", **dict(parse_qsl(parts.query))}
    asked = spark_master(url)
    if asked:
        options["spark.master"] = asked
    try:
        # A process has one Spark; time zone and temporary views are the session's.
        builder = SparkSession.builder.appName("retention").config(map=options)
        session = builder.getOrCreate().newSession()
    except Exception as error:
        raise DataRefused(_no_connection(source, error)) from None
    # Where one runs already, it is given whatever master was asked for.
    if asked and session.sparkContext.master != asked:
        raise DataRefused(
            f"source {source}: a process has one Spark, and this one has another already; run the "
            "units of each Spark by themselves, as in `retention run UNIT`"
        )
    return ibis.pyspark.connect(session)


def spark_master(url: str) -> str | None:
    """The Spark that a URL asks for, by its master; None where it asks for none, or is of no Spark.

    >>> spark_master("spark://master:7077?spark.executor.memory=4g")
    'spark://master:7077'
    >>> spark_master("pyspark://?spark.master=local[2]")
    'local[2]'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme == "spark":
        return f"spark://{parts.netloc}"
    return dict(parse_qsl(parts.query)).get("spark.master") if parts.scheme == "pyspark" else None


def spark_connect(source: str, url: str) -> BaseBackend:
    """A session of its own on a server of Spark Connect, which needs no Java here.

    url: `sc://host:15002`, with options after `/;`, as Spark has it. source: what messages show in
    its place. Raises DataRefused.
    """
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError:
        raise DataRefused(_no_driver(source, "spark")) from None
    try:
        parts = urlsplit(url)
        # Its own library would ask a server that is not there for ten minutes.
        address = parts.hostname or "localhost", parts.port or _SPARK_CONNECT_PORT
        socket.create_connection(address, timeout=_SPARK_CONNECT_SECONDS).close()
        session = SparkSession.builder.remote(url).create()
    except Exception as error:
        raise DataRefused(_no_connection(source, error)) from None
    return ibis.pyspark.connect(session)


def _connection(source: str, url: str) -> "Connection[tuple[Any, ...]]":
    import psycopg

    def tell(state: tenacity.RetryCallState) -> None:
        failed = state.outcome.exception() if state.outcome else None
        again = f"try {state.attempt_number + 1} of {TRIES} in {state.upcoming_sleep:g} s"
        _log.warning("source %s: cannot connect (%s); %s", source, _why(failed), again)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(1 if url in _in_vain else TRIES),
        wait=tenacity.wait_exponential(multiplier=FIRST_WAIT_SECONDS),
        before_sleep=tell,
        reraise=True,
    )
    try:
        # The server's own library reads the URL: all that its manual allows works here too.
        connection = retrying(psycopg.connect, url, autocommit=True)
    except psycopg.Error as error:
        if _may_pass(error):
            _in_vain.add(url)
        raise
    _in_vain.discard(url)
    return connection


def _may_pass(error: BaseException) -> bool:
    return _why(error) in _PASSING


def _why(error: BaseException | None) -> str:
    said = next((why for words, why in _REASONS.items() if words in str(error)), None)
    return said or type(error).__name__


def _no_driver(source: str, extra: str) -> str:
    return (
        f"source {source}: its driver is not installed; install it with "
        f"pip install 'retention-report-kit[{extra}]'"
    )


def _no_connection(source: str, error: Exception) -> str:
    return (
        f"source {source}: cannot connect ({_why(error)}); check the URL, and that the database "
        "takes connections from here"
    )
