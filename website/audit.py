"""Serve the built site as a static host would, and measure its pages with Lighthouse.

`make site-audit` runs it on all pages, and the result is audit.md. `make site-test` runs it on
two, without the performance: that is a time, and depends on what else the machine does.
"""

import datetime
import gzip
import json
import os
import statistics
import subprocess
import sys
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from benchmarks.record import machine

from .chromium import FLAGS, chromium

HOME = Path(__file__).resolve().parent.parent

SITE, RESULT = HOME / "_build" / "html", HOME / "website" / "audit.md"
NODE, MODULES = Path(sys.prefix) / "bin" / "node", Path(sys.prefix) / "node_modules"
QUALITIES = ("accessibility", "best-practices", "seo")
AIMS = {"mobile": 95, "desktop": 98}  # of performance, where nothing else runs on the machine


class Server(ThreadingHTTPServer):
    """A static host on this machine: gzip, ten minutes of cache, the site under a sub-path.

    `doctored` holds pages of its own, {name: text}, that stand beside those of the site.
    """

    daemon_threads = True

    def __init__(self, site=SITE):
        super().__init__(("127.0.0.1", 0), Handler)
        self.site, self.doctored = site, {}
        self.url = f"http://127.0.0.1:{self.server_port}/a/sub-path/"
        Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        """A browser that leaves a page while it is sent is no fault; all else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, address)

    @cache  # noqa: B019 one server lives as long as its process
    def compressed(self, path):
        return gzip.compress(path.read_bytes(), mtime=0)

    def find(self, url):
        """Type, body and encoding of what lies at a URL, or None."""
        home, path = urlsplit(self.url).path, unquote(urlsplit(url).path)
        name = path.removeprefix(home)
        if name in self.doctored:
            return "text/html; charset=utf-8", self.doctored[name].encode(), None
        file = (self.site / name).resolve()
        if not path.startswith(home) or self.site not in file.parents or not file.is_file():
            return None
        kind = guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind.endswith(("javascript", "json", "xml")):
            return f"{kind}; charset=utf-8", self.compressed(file), "gzip"
        return kind, file.read_bytes(), None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.server.find(self.path)
        kind, body, encoding = found or ("text/plain", b"not found", None)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def lighthouse(url, device, categories):
    """Scores of one run of Lighthouse, 0 to 100, in the order asked; device: mobile or desktop."""
    flags = " ".join(flag.replace(" ", r"\ ") for flag in FLAGS)
    command = [
        NODE, MODULES / "lighthouse" / "cli" / "index.js", url, "--output=json", "--quiet",
        f"--chrome-flags={flags}", f"--only-categories={','.join(categories)}",
        *(["--preset=desktop"] if device == "desktop" else []),
    ]  # fmt: skip
    run = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": chromium()}, capture_output=True, text=True
    )
    if run.returncode:
        raise RuntimeError(f"Lighthouse failed on {url}: {run.stderr.strip()[-2000:]}")
    found = json.loads(run.stdout)["categories"]
    return [round(100 * found[name]["score"]) for name in categories]


def performance(url, device):
    """The median of three runs."""
    return statistics.median(lighthouse(url, device, ["performance"])[0] for _ in range(3))


def names():
    """The pages of the site, by path from its root; the front page first."""
    found = [path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")]
    shown = [name for name in found if name[0] != "_" and "<main" in (SITE / name).read_text()]
    if not shown:
        raise FileNotFoundError(f"no website in {SITE}: run make book first")
    return sorted(shown, key=lambda name: (name != "book/index.html", name))


def main():
    """Measure all pages, write the table, and fail where one is slower than it may be."""
    server, slow = Server(), set()
    lines = [
        "# The website, measured by Lighthouse",
        "",
        "Scores from 0 to 100; of performance the median of three runs, on Lighthouse's slow phone "
        f"and on its desk. {datetime.date.today()}, {machine()}. `make site-audit` measures anew.",
        "",
        "| page | mobile | desktop | accessibility | best practices | search engines |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in tqdm(names(), unit="page"):
        url = server.url + name
        fast = {device: performance(url, device) for device in AIMS}
        slow |= {(name, device) for device, aim in AIMS.items() if fast[device] < aim}
        row = [name, *fast.values(), *lighthouse(url, "mobile", QUALITIES)]
        lines.append(f"| {' | '.join(map(str, row))} |")
    RESULT.write_text("\n".join(lines) + "\n")
    if slow:
        sys.exit(f"slower than {AIMS}: {sorted(slow)}")


if __name__ == "__main__":
    main()
