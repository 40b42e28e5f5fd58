"""Does every equation of the book come out the same with other seeds? usage: python … [COUNT]"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(HOME))

from derivation import check_derivation  # noqa: E402
from website import equations  # noqa: E402

EVALUATED = ("checked", "instance", "false")


def differing(page, count):
    """Of each evaluated equation of a page that another seed judges otherwise: a line."""
    return [
        f"{page}.md:{e.line}: seed {seed}: {e.latex}"
        for e in equations.book()[page]
        for seed in range(1, count + 1)
        if e.state in EVALUATED
        and bool(check_derivation(e.latex, e.vocabulary, seed=seed)) != bool(e.report)
    ]


def main(count=20):
    pages = [path.stem for path in equations.pages()]
    with ProcessPoolExecutor(os.cpu_count(), initializer=equations.book) as pool:
        lines = [
            line for found in pool.map(differing, pages, [count] * len(pages)) for line in found
        ]
    for line in lines:
        print(line)
    print(f"{len(lines)} come out otherwise with {count} other seeds")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
