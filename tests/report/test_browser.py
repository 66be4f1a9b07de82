"""The page in a real browser: nothing is fetched or run, nothing sticks out, light and dark are drawn."""

import os
import shutil
import struct
import subprocess
import zlib
from html import escape
from pathlib import Path

import pytest

from kgattn.report.finding import Finding
from kgattn.report.page import render_page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
)
MEASURE = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe style="border:0;width:{width}px;height:3000px" srcdoc="{page}"></iframe><pre id="answer">nothing</pre><script>
addEventListener("load", () => {{
  const frame = document.querySelector("iframe"), inside = frame.contentDocument;
  const clipped = element => element.parentElement && (getComputedStyle(element.parentElement).overflowX === "auto"
    || clipped(element.parentElement));
  const out = [...inside.body.querySelectorAll("*")].filter(element => !clipped(element)
    && !element.closest("svg, caption") && element.getBoundingClientRect().right > {width} + 0.5);
  document.getElementById("answer").textContent = [
    "width " + inside.documentElement.scrollWidth, "out " + out.map(element => element.tagName),
    "fetched " + frame.contentWindow.performance.getEntriesByType("resource").length,
    "images " + inside.images.length, "verdict " + inside.querySelector(".verdict").textContent.slice(0, 15),
    "small " + [...inside.querySelectorAll("td, p, dd, li")].filter(
      element => parseFloat(getComputedStyle(element).fontSize) < 13).length].join("; ");
}});</script></body>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium found; install one, such as Debian's package chromium, or name it in CHROMIUM")
    return found


def start(browser: str, folder: Path, *options: str) -> str:
    command = [browser, *QUIET, f"--user-data-dir={folder / 'profile'}", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_and_nothing_is_fetched(browser: str, finding: Finding, tmp_path: Path, width: int) -> None:
    page = render_page("Does the graph help?", [finding, Finding(finding.comparison)])
    wrapper = tmp_path / "measure.html"
    wrapper.write_text(MEASURE.format(width=width, page=escape(page)), encoding="utf-8")

    shown = start(browser, tmp_path, f"--window-size={width + 200},900", "--dump-dom", wrapper.as_uri())

    answer = shown.partition('<pre id="answer">')[2].partition("</pre>")[0]
    assert answer == f"width {width}; out ; fetched 0; images 0; verdict The graph helps; small 0"


@pytest.mark.slow
def test_light_and_dark_are_drawn(browser: str, finding: Finding, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_page("Does the graph help?", [finding]), encoding="utf-8")

    drawn = {}
    for scheme, number in (("dark", 0), ("light", 1)):
        target = tmp_path / f"{scheme}.png"
        start(
            browser,
            tmp_path,
            "--window-size=800,1200",
            f"--blink-settings=preferredColorScheme={number}",
            f"--screenshot={target}",
            page.as_uri(),
        )
        drawn[scheme] = read_png(target)

    for (width, height, pixels), paper in ((drawn["light"], (255, 255, 255)), (drawn["dark"], (22, 24, 27))):
        assert (width, height) == (800, 1200)
        assert tuple(pixels[1:4]) == paper
        assert len(set(pixels)) > 100, "a blank picture"


def read_png(path: Path) -> tuple[int, int, bytes]:
    """Width, height, and the filtered bytes of the rows: the first pixel is as it is, after the filter's number."""
    content, data, place = path.read_bytes(), b"", 8
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        if content[place + 4 : place + 8] == b"IDAT":
            data += content[place + 8 : place + 8 + length]
        place += length + 12
    return width, height, zlib.decompress(data)
