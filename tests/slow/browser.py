"""Headless Chromium, driven over its own debugging protocol: as much of it as the tests need."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Page:
    """A page, and what its WebSocket and its requests have brought."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.requested: list[str] = []
        self.received = ""

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol; its result."""
        id_ = next(self._ids)
        self._answers[id_] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": id_, "method": method, "params": parameters})
        return await asyncio.wait_for(self._answers[id_], 20)

    async def listen(self) -> None:
        """Take what the browser tells, until it ends."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said.get("result", {}))
            elif said["method"] == "Network.requestWillBeSent":
                self.requested.append(said["params"]["request"]["url"])
            elif said["method"] == "Network.webSocketFrameReceived":
                frame = said["params"]["response"]
                binary = frame["opcode"] == 2
                self.received += base64.b64decode(frame["payloadData"]).decode() if binary else ""

    @property
    def drawn(self) -> str:
        """All text that was drawn so far, without escape sequences."""
        return _ESCAPE.sub("", self.received)

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for something to hold."""
        for _ in range(int(seconds / 0.05)):
            if holds():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"not seen in {seconds:.0f} s; drawn: {self.drawn[-2000:]!r}")

    async def key(self, key: str, code: int, text: str = "", modifiers: int = 0) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind, key=key, windowsVirtualKeyCode=code, modifiers=modifiers, **({"text": text} if text else {}),
            )  # fmt: skip

    async def screenshot(self) -> bytes:
        """A PNG of what is on show."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def opened(address: str, profile: Path) -> AsyncIterator[Page]:
    """A page in a browser of its own, at `address`. Raises AssertionError if none is installed."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    assert program, "this check needs Chromium: apt-get install chromium"
    browser = await asyncio.create_subprocess_exec(
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        "--window-size=1280,800", f"--user-data-dir={profile}", "about:blank",
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port_file = profile / "DevToolsActivePort"
        for _ in range(400):
            if port_file.exists() and "\n" in port_file.read_text():
                break
            await asyncio.sleep(0.05)
        port = port_file.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as response:
                target = next(each for each in await response.json() if each["type"] == "page")
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                await page.call("Network.enable")
                await page.call("Page.enable")
                await page.call("Emulation.setFocusEmulationEnabled", enabled=True)  # as of a window in front
                await page.call("Page.navigate", url=address)
                yield page
                listening.cancel()
    finally:
        browser.terminate()
        await browser.wait()
