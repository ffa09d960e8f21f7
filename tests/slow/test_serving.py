"""`askdocs serve` in a real browser, with the real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slow.browser import opened
from tests.support import run_cli, write_files
from tests.test_serving import serving

pytestmark = pytest.mark.slow

ROOF = "The roof of the old library was repaired in 1987 by a firm from Leeds. It cost nine thousand pounds."


async def test_asking_in_a_browser(work: Path) -> None:
    """A page opens, takes a question as it is typed, shows the answer with its citation, fetches nothing from
    elsewhere, and can be looked at."""
    write_files(work / "notes", {"library/roof.txt": ROOF, "whales.txt": "Blue whales eat krill, four tons a day."})
    run_cli("index", "notes").assert_clear(0)
    with serving(work) as server:
        home = f"http://{server.host}/{server.token}/"
        async with opened(home, work / "profile") as page:
            await page.until(lambda: "2 documents" in page.drawn)
            blank = await page.screenshot()
            await page.call("Input.insertText", text="When was the roof repaired?")
            await page.key("Enter", 13, "\r")
            await page.until(lambda: "● Found" in page.drawn)
            await page.until(lambda: "notes/library/roof.txt" in page.drawn and "repaired in 1987" in page.drawn)
            answered = await page.screenshot()
            await page.key("Tab", 9, "\t")
            await page.key("Enter", 13, "\r")
            await page.until(lambda: "passage 1 of" in page.drawn)
            assert answered.startswith(b"\x89PNG")
            assert len(answered) > len(blank) / 2
            assert answered != blank
            elsewhere = [url for url in page.requested if not url.startswith(home)]
            assert elsewhere in ([], [f"http://{server.host}/favicon.ico"])
