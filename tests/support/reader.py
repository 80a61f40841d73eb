"""A reader of the report, in a real browser."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")


class Reader:
    """Somebody who reads the report, and notes what goes wrong."""

    def __init__(self, page: Page, report: Path) -> None:
        self.page, self.report = page, report
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda told: self.complaints.append(told.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, address: str) -> Page:
        path, _, rest = address.partition("?")
        self.page.goto((self.report / path).as_uri() + (f"?{rest}" if rest else ""))
        if path in ("ledger.html", "search.html"):
            self.page.wait_for_selector("html[data-ready]")
        return self.page

    def claims(self) -> list[str]:
        """Lines of the table that are shown."""
        lines = self.page.locator("#lines tbody tr[id]")
        return [line.get_attribute("id") for line in lines.all()]
