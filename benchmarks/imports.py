"""Measure how long the packages take to import, beside the libraries they cannot do without.

Each import runs in a fresh interpreter, the cases take turns so that a busy moment falls on all of
them alike, and the median of the rounds is kept. ``bare`` is an interpreter that imports nothing:
subtract it to compare imports alone. Prints JSON; times are milliseconds.

    python benchmarks/imports.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from statistics import median

CASES = {
    "bare": "pass",
    "aiohttp + cattrs": "import aiohttp, cattrs",
    "omni_common": "import omni_common",
    "devino_async": "import devino_async",
    "messente_async": "import messente_async",
}


def milliseconds(code: str) -> float:
    """Return the wall time of one fresh interpreter that runs *code*.

    Raises:
        subprocess.CalledProcessError: the code failed, so its time would mean nothing.
    """
    # -P: measure what is installed, not what happens to lie in the current folder.
    command = [sys.executable, "-P", "-c", code]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return (time.perf_counter() - start) * 1000


def measure(rounds: int) -> dict[str, float]:
    """Return the median time of each case over *rounds*, after one round to warm the caches."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(rounds + 1):
        for name, code in CASES.items():
            taken = milliseconds(code)
            if number > 0:
                times[name].append(taken)
    return {name: round(median(taken), 1) for name, taken in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each case runs")
    rounds = parser.parse_args().rounds
    result = {
        "benchmark": "imports",
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "rounds": rounds,
        "milliseconds": measure(rounds),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
