"""The page in a real browser: it loads without network, complains about nothing and runs nothing."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from detector.report.html import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--hide-scrollbars"),
    *("--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND"),
)
PAYLOAD = "<img src=x onerror=console.log('ran')><script>console.log('ran')</script>\"' https://evil.example "

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

# The results made by hand live with the tests of the report wing.
_spec = importlib.util.spec_from_file_location("handmade", Path(__file__).parents[1] / "report" / "conftest.py")
handmade = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(handmade)


def browse(page, tmp_path, *arguments):
    """Open a page in a fresh browser; return what it prints and what it logs."""
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [CHROMIUM, *FLAGS, profile, *arguments, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


def complaints(log):
    return [line for line in log.splitlines() if "CONSOLE" in line or "Refused to" in line]


@pytest.fixture
def page():
    return render(handmade.make_frames(), handmade.make_run())


def test_it_renders_without_a_word_in_the_console(page, tmp_path):
    done = browse(page, tmp_path, "--dump-dom")
    assert complaints(done.stderr) == []
    assert done.stdout.count("<svg") == page.count("<svg") > 4
    assert "Campaign 2: " in done.stdout


def test_hostile_text_runs_nothing_and_adds_no_element(page, tmp_path):
    hostile = render(handmade.make_frames(word=lambda text: PAYLOAD + text), handmade.make_run(lambda _: PAYLOAD))
    done = browse(hostile, tmp_path, "--dump-dom")
    assert complaints(done.stderr) == []
    parsed = re.findall(r"<([a-z]+)", done.stdout.replace("&lt;", ""))
    assert "script" not in parsed
    assert "img" not in parsed
    assert len(parsed) == len(re.findall(r"<([a-z]+)", page))


def test_a_script_would_be_blocked_and_complained_about(page, tmp_path):
    """The control of the tests above: what they look for can be seen."""
    done = browse(page.replace("</main>", "<script>document.title = 'ran'</script></main>"), tmp_path, "--dump-dom")
    assert len(complaints(done.stderr)) == 1
    assert "<title>ran" not in done.stdout


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_sideways(page, tmp_path, width):
    """A page wider than its window could only be read by scrolling sideways (WCAG 1.4.10)."""
    measured = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("<details", "<details open")
    report = "<script>parent.postMessage(document.documentElement.scrollWidth + ' of ' + innerWidth, '*')</script>"
    (tmp_path / "framed.html").write_text(measured.replace("</body>", f"{report}</body>"), encoding="utf-8")
    # In a frame, for no window of Chromium is narrower than 500 pixels.
    outer = f"""<script>onmessage = event => document.title = event.data</script>
    <iframe src="framed.html" style="border: 0; width: {width}px; height: 900px"></iframe>"""
    done = browse(outer, tmp_path, "--dump-dom", "--window-size=1400,1000")
    found = re.search(r"<title>(\d+) of (\d+)", done.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2]) == width
