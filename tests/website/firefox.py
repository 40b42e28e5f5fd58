"""Every page of the site opened in Firefox, through WebDriver BiDi, which needs no further driver.

Playwright speaks to builds of its own alone, or asks Firefox for what only later releases know.
"""

import base64
import json
import subprocess
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from websocket import create_connection

from website.chromium import firefox


class Firefox:
    """One window of a headless Firefox with a profile of its own."""

    def __enter__(self):
        self.profile = TemporaryDirectory()
        command = [firefox(), "--headless", "--remote-debugging-port=0", "--no-remote"]
        command += ["--profile", self.profile.name]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.numbers, self.events = count(1), []
        self.socket = create_connection(self._address(), timeout=60, suppress_origin=True)
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.window = self.send("browsingContext.getTree")["contexts"][0]["context"]
        return self

    def __exit__(self, *raised):
        self.send("browser.close")
        self.socket.close()
        self.process.wait(timeout=30)
        self.profile.cleanup()

    def _address(self):
        """Where Firefox listens, which it writes into its profile."""
        told = Path(self.profile.name) / "WebDriverBiDiServer.json"
        for _ in range(600):
            if told.exists() and (text := told.read_text()):
                server = json.loads(text)
                return f"ws://{server['ws_host']}:{server['ws_port']}/session"
            time.sleep(0.1)
        raise TimeoutError("Firefox did not say within a minute where it listens")

    def send(self, method, **params):
        """The result of a command; what is said before it is kept in `events`."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv())
            if said["type"] == "event":
                self.events.append(said)
            elif said["id"] == number and said["type"] == "success":
                return said["result"]
            elif said["id"] == number:
                raise RuntimeError(f"{method}: {said['error']}: {said['message']}")

    def open(self, url, width, height=844, dots=1):
        self.resize(width, height, dots)
        self.events.clear()
        self.goto(url)
        self.evaluate("() => { dispatchEvent(new Event('scroll')) }")  # as in visits.opened

    def goto(self, url):
        self.send("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def reload(self):
        self.send("browsingContext.reload", context=self.window, wait="complete")

    def go_back(self):
        self.send("browsingContext.traverseHistory", context=self.window, delta=-1)

    def resize(self, width, height=844, dots=1):
        viewport = {"width": width, "height": height}
        self.send(
            "browsingContext.setViewport",
            context=self.window, viewport=viewport, devicePixelRatio=dots,
        )  # fmt: skip

    def picture(self):
        """The whole page, as PNG."""
        said = self.send(
            "browsingContext.captureScreenshot", context=self.window, origin="document"
        )
        return base64.b64decode(said["data"])

    def evaluate(self, function):
        """What a function, or the promise that it makes, comes to in the page."""
        code = f"Promise.resolve(({function})()).then(JSON.stringify)"
        target = {"context": self.window}
        said = self.send("script.evaluate", expression=code, target=target, awaitPromise=True)
        if said["type"] == "exception":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return json.loads(said["result"].get("value", "null"))

    def errors(self):
        """What the page has written to the console as an error, or thrown, since it was opened.

        Of a formula that has arrived in half Firefox says that children are missing, for no fault.
        """
        entries = [event["params"] for event in self.events]
        texts = [entry["text"] for entry in entries if entry["level"] == "error"]
        return [text for text in texts if text and not text.startswith("Invalid markup: Incorrect")]
