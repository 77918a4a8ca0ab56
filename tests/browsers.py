"""Pages in a browser that is offline and watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120
"""Seconds after which a step has hung, on however busy a machine."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(QUIET), timeout=PATIENCE * 1000
        )
        yield opened
        opened.close()


@dataclass
class Watched:
    """A page, and everything that it should not do: requests, messages on the console, dialogs."""

    page: Page
    found: list[str] = field(default_factory=list)

    def asked(self, request: Request) -> None:
        """Keep what is asked for, but for the file itself and what is within it."""
        if not request.is_navigation_request() and not request.url.startswith("data:"):
            self.found.append(f"request: {request.url[:200]}")


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1440, scheme: str = "light"
) -> Iterator[Watched]:
    """A file in a window of a width, in the light or the dark scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    context.set_default_timeout(PATIENCE * 1000)
    watched = Watched(context.new_page())
    watched.page.on("request", watched.asked)
    watched.page.on("console", lambda said: watched.found.append(f"console: {said.text}"))
    watched.page.on("pageerror", lambda error: watched.found.append(f"error: {error}"))
    watched.page.on("dialog", lambda shown: watched.found.append(f"dialog: {shown.message}"))
    watched.page.goto(path.resolve().as_uri())
    yield watched
    context.close()
