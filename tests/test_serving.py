"""The interface in a browser: only for who knows its address, and only from this machine's own pages."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.support import PROJECT, run_cli, write_files


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `askdocs serve`."""

    port: int
    token: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], str]:
        """The status, headers and body of what is at `path`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
        connection.close()
        return response.status, dict(response.getheaders()), body


@contextmanager
def serving(work: Path, *arguments: str) -> Iterator[Serving]:
    """Serve the index in `work` until the end of the context, and then see it end at once when interrupted."""
    cache = os.environ["ASKDOCS_CACHE"]
    environment = {"PYTHONPATH": str(PROJECT), "PATH": "", "HOME": str(work), "ASKDOCS_CACHE": cache}
    process = subprocess.Popen(
        [sys.executable, "-m", "askdocs", *arguments, "serve", "--port", "0"],
        cwd=work, env=environment, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        address = re.fullmatch(r"askdocs is at http://127\.0\.0\.1:(\d+)/([\w-]{32})/ until Ctrl-C\n", said)
        assert address, said
        yield Serving(int(address[1]), address[2])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_only_who_knows_the_token_gets_anything(work: Path) -> None:
    """With the token there are the page and all that it needs; without, with another or from elsewhere, 403."""
    with serving(work) as server:
        page = f"/{server.token}/"
        status, headers, body = server.get(page)
        assert status == 200
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        named = re.findall(r'(?:href|src)="([^"]+)"|url\("([^"]+)"\)', body)
        fetched = [first or second for first, second in named]
        assert len(fetched) == 5
        for address in fetched:
            path = address.removeprefix(f"http://{server.host}")
            assert "//" not in path, "something is fetched from elsewhere"
            assert server.get(path if path.startswith("/") else page + path)[0] == 200, address
        other = "A" * len(server.token)
        for path in ("/", "/ws", "/static/js/textual.js", f"/{other}/", f"/{other}/ws", f"//{server.token}/", "/%00/"):
            assert server.get(path)[0] == 403, path
        for host in ("evil.example", f"localhost:{server.port}", "127.0.0.1", f"evil.example:{server.port}"):
            assert server.get(page, Host=host)[0] == 403, host
        for origin in ("http://evil.example", "null", "http://127.0.0.1", f"https://{server.host}"):
            assert server.get(f"{page}ws", Origin=origin)[0] == 403, origin
        assert server.get(page, Origin=f"http://{server.host}")[0] == 200
        assert server.token not in server.get("/")[2]


async def test_the_interface_runs_behind_the_socket(work: Path) -> None:
    """A tab gets the interface over the index that was named, takes keys, and is told when it has ended."""
    write_files(work / "notes", {"roof.txt": "The roof was repaired in 1987."})
    run_cli("--index", "other", "index", "notes").assert_clear(0)
    with serving(work, "--index", "other") as server:
        async with (
            asyncio.timeout(60),
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://{server.host}/{server.token}/ws?width=90&height=30") as tab,
        ):

            async def until(said: str) -> None:
                drawn = b""
                while said.encode() not in drawn:
                    drawn += (await tab.receive()).data

            await until("1 document")
            await tab.send_json(["stdin", "\x1bOP"])  # F1
            await until("Asking")
            await tab.send_json(["stdin", "\x11"])  # Ctrl-Q
            while (await tab.receive()).type is aiohttp.WSMsgType.BINARY:
                pass
            assert tab.closed


def test_a_port_that_is_taken_is_told(work: Path) -> None:
    """One line says which, why, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run_cli("serve", "--port", str(port))
    assert ran.exit_code == 2
    assert ran.stderr == f"askdocs: port {port} can't be used (Address already in use); choose another with --port\n"
    assert not (work / "index").exists()


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
@pytest.mark.usefixtures("work")
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    """Numbers that no port has, and words, are refused with the range."""
    ran = run_cli("serve", "--port", port)
    assert ran.exit_code == 2
    assert "--port" in ran.stderr
