"""Drives headless Chromium by its DevTools protocol: enough to open pages, press buttons and take pictures.

https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from httpx2 import AsyncClient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1400,900",
    "--remote-debugging-port=0",
)


def chromium() -> str | None:
    """The browser, where there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Tab:
    """A tab."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.said: list[str] = []
        """What the page complained of in its console."""
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self._socket:
                self._hear(json.loads(message))

    def _hear(self, told: dict[str, Any]) -> None:
        if "id" in told:
            self._answers.pop(told["id"]).set_result(told)
        elif told["method"] == "Log.entryAdded" and told["params"]["entry"]["level"] in {
            "error",
            "warning",
        }:
            self.said.append(told["params"]["entry"]["text"])
        elif told["method"] == "Runtime.exceptionThrown":
            self.said.append(str(told["params"]["exceptionDetails"].get("text")))

    async def call(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol."""
        id_ = next(self._ids)
        answer = self._answers[id_] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": id_, "method": method, "params": parameters}))
        told = await asyncio.wait_for(answer, 20)
        assert "error" not in told, told["error"]
        return told["result"]

    async def open(self, url: str) -> None:
        """Goes to an address."""
        await self.call("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """The value of an expression on the page."""
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, script: str, seconds: float = 15) -> Any:
        """Waits for an expression to be true."""
        async with asyncio.timeout(seconds):
            while True:
                with suppress(AssertionError):  # the page may be on its way to another
                    if found := await self.evaluate(script):
                        return found
                await asyncio.sleep(0.05)

    async def press(self, label: str) -> None:
        """Presses the button of that name, once it is there."""
        buttons = "[...document.querySelectorAll('button')]"
        button = f"{buttons}.find(each => each.textContent.trim() === {json.dumps(label)})"
        await self.until(f"!!({button})")
        await self.evaluate(f"({button}).click()")

    async def picture(self, path: Path) -> None:
        """Takes a picture of the page."""
        shot = await self.call("Page.captureScreenshot", format="png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def tab() -> AsyncIterator[Tab]:
    """A tab of a new browser with nothing in it."""
    program = chromium()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="cairn-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            async with AsyncClient() as client:
                targets = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
            address = next(each["webSocketDebuggerUrl"] for each in targets if each["type"] == "page")
            async with connect(address, max_size=None) as socket:
                found = Tab(socket)
                for domain in ("Page", "Runtime", "Log"):
                    await found.call(f"{domain}.enable")
                yield found
                await found.call("Browser.close")
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 10)


async def _port(file: Path) -> int:
    async with asyncio.timeout(20):
        while not file.exists() or not file.read_text().strip():
            await asyncio.sleep(0.05)
    return int(file.read_text().splitlines()[0])


LOOKS = (("light", 1200, 900), ("dark", 1200, 900), ("light", 390, 844), ("dark", 390, 844))
"""A wide screen and a telephone, by day and by night."""


async def keeps_nobody_out(opened: Tab, axe: str, picture: Path, url: str = "", looks: Any = LOOKS) -> None:
    """Looks at a page as each of `looks`: axe-core finds nothing wrong, and nobody scrolls sideways.

    The one that is open, where no address is given. Leaves `picture-light-1200.png` and so on.
    """
    for scheme, width, height in looks:
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        await opened.call("Emulation.setEmulatedMedia", features=media)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await opened.call("Emulation.setDeviceMetricsOverride", **size)
        if url:
            await opened.open(url)
            path = json.dumps(urlsplit(url).path)
            await opened.until(f"location.pathname === {path} && document.readyState === 'complete'")
        await opened.evaluate(f"{axe}; 1")
        wrong = await opened.evaluate(
            "axe.run().then(found => found.violations.flatMap("
            "each => each.nodes.map(node => each.id + ': ' + node.html)))"
        )
        assert wrong == [], f"{picture.name}, {scheme}"
        # Not innerWidth: a telephone makes room for what is too wide by showing all of it smaller.
        assert await opened.evaluate("document.documentElement.scrollWidth") <= width, picture.name
        await opened.picture(picture.with_name(f"{picture.name}-{scheme}-{width}.png"))
