"""Judge the desk's pages by Lighthouse, signed in as the demo's officer. See README.md beside this file."""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from people.demo import DEMO_PASSWORD  # noqa: E402
from tests.serving import RunningServer  # noqa: E402

LIGHTHOUSE = "lighthouse@13.5.0"
GOALS = {"performance": 95, "accessibility": 100, "best-practices": 100}
PAGES = ("/", "/dashboard", "/alerts", "/map", "/depots/COM-0005")
TIMES = {"first-contentful-paint": "first paint", "total-blocking-time": "blocked", "speed-index": "speed index"}


def sign_in(url: str) -> str:
    """The cookies of the demo's officer, as a header."""
    with httpx.Client(base_url=url, follow_redirects=True, timeout=60, trust_env=False) as client:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert token is not None
        form = {"_csrf_token": token[1], "account": "officer", "password": DEMO_PASSWORD}
        client.post("/sign-in", data=form).raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def judge(address: str, cookies: str, browser: str, folder: Path) -> dict[str, Any]:
    """One run of Lighthouse over one page: its report."""
    out = folder / "report.json"
    command = ["npx", "--yes", LIGHTHOUSE, address, "--preset=desktop", "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(GOALS)}", f"--output-path={out}"]
    command += ["--chrome-flags=--headless --no-sandbox"]
    command += [f"--extra-headers={json.dumps({'Cookie': cookies, 'Accept-Language': 'zh-CN'})}"]
    environment = {**os.environ, "CHROME_PATH": browser, "npm_config_loglevel": "error"}
    subprocess.run(command, check=True, timeout=300, cwd=folder, env=environment)
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return report


def findings(report: dict[str, Any]) -> set[str]:
    """What costs a page points of accessibility or best practices."""
    asked = {ref["id"] for name in list(GOALS)[1:] for ref in report["categories"][name]["auditRefs"] if ref["weight"]}
    return {f"{key}: {report['audits'][key]['title']}" for key in asked if report["audits"][key]["score"] == 0}


def measure(url: str, given: argparse.Namespace, folder: Path) -> bool:
    """Print a line for each page; whether all goals are met."""
    cookies, met = sign_in(url), True
    print(f"{'page':<20}{'performance':>12}{'accessibility':>15}{'best practices':>16}  " + ", ".join(TIMES.values()))
    for page in given.pages or PAGES:
        reports = [judge(url + page, cookies, given.browser, folder) for _ in range(given.times)]
        scores = {
            name: round(100 * statistics.median(report["categories"][name]["score"] for report in reports))
            for name in GOALS
        }
        times = [statistics.median(report["audits"][key]["numericValue"] for report in reports) for key in TIMES]
        columns = "".join(f"{score:>{width}}" for score, width in zip(scores.values(), (12, 15, 16), strict=True))
        print(f"{page:<20}{columns}  {', '.join(f'{time:.0f} ms' for time in times)}", flush=True)
        for finding in sorted(set().union(*map(findings, reports))):
            print(f"  {finding}")
        met = met and all(scores[name] >= goal for name, goal in GOALS.items())
    return met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--times", type=int, default=3, help="how often each page is judged; medians are printed")
    parser.add_argument("--url", help="a demo city that is being served; else one of 12 depots is made and served")
    parser.add_argument("pages", nargs="*", help=f"which pages; {' '.join(PAGES)} unless named")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.url:
            sys.exit(0 if measure(given.url, given, Path(folder)) else 1)
        server = RunningServer(f"sqlite:///{folder}/city.db", Path(folder) / "var")
        server.options = ["--demo"]
        server.start()
        try:
            met = measure(server.url, given, Path(folder))
        finally:
            server.stop()
    sys.exit(0 if met else 1)


if __name__ == "__main__":  # the server is a process that imports this file
    main()
