"""Does every equation of the book come out the same with other seeds?

usage: python -m tests.derivation.seeds [COUNT]
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

from derivation import check_derivation
from website import equations

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
        found = pool.map(differing, pages, [count] * len(pages))
        lines = [line for of_page in found for line in of_page]
    print(*lines, sep="\n")
    print(f"{len(lines)} come out otherwise with {count} other seeds")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
