"""Serve the built site as a static host would, and measure its pages with Lighthouse.

`make site-audit` runs it on all pages, `make site-test` on three; the result is audit.md.
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


def lighthouse(url, device, categories=("performance",)):
    """Scores of one run of Lighthouse, 0 to 100, in the order asked; device: mobile or desktop."""
    flags = " ".join(flag.replace(" ", r"\ ") for flag in FLAGS)
    command = [
        NODE,
        MODULES / "lighthouse" / "cli" / "index.js",
        url,
        "--output=json",
        "--quiet",
        f"--chrome-flags={flags}",
        f"--only-categories={','.join(categories)}",
        *(["--preset=desktop"] if device == "desktop" else []),
    ]
    run = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": chromium()}, capture_output=True, text=True
    )
    if run.returncode:
        raise RuntimeError(f"Lighthouse failed on {url}: {run.stderr.strip()[-2000:]}")
    report = json.loads(run.stdout)
    return [round(100 * report["categories"][name]["score"]) for name in categories]


def performance(url, device, enough=101, scores=()):
    """The median of three runs; the lower of two where both reach what is enough.

    `scores` are those of runs that were made already.
    """
    scores = list(scores)
    while len(scores) < 3 and sum(score >= enough for score in scores) < 2:
        scores += lighthouse(url, device)
    return min(scores) if len(scores) < 3 else statistics.median(scores)


def names():
    """The pages of the site, by path from its root; the front page first."""
    found = [path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")]
    shown = [name for name in found if name[0] != "_" and "<main" in (SITE / name).read_text()]
    if not shown:
        raise FileNotFoundError(f"no website in {SITE}: run make book first")
    return sorted(shown, key=lambda name: (name != "book/index.html", name))


def main():
    """Measure all pages and write the table."""
    server = Server()
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
        first, *qualities = lighthouse(url, "mobile", ("performance", *QUALITIES))
        mobile = performance(url, "mobile", scores=[first])
        row = [name, mobile, performance(url, "desktop"), *qualities]
        lines.append(f"| {' | '.join(map(str, row))} |")
    RESULT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
