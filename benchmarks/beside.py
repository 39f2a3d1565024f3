"""Long work that a server does beside what people wait for: sheets of labels and a list as a workbook."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx

BESIDE = ("health+", "lookup+", "take+")  # the lines that are measured beside long work


@contextmanager
def long_work(url: str, token: str, depot: str) -> Iterator[None]:
    """Meanwhile two ask for all labels of a depot and one for the stock as a workbook, again and again."""
    over = threading.Event()

    def again(path: str) -> int:
        done = 0
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
            while not over.is_set():
                client.get(path).raise_for_status()
                done += 1
        return done

    with ThreadPoolExecutor() as pool:
        labels = f"/api/depots/{depot}/labels.pdf"
        doing = [pool.submit(again, path) for path in (labels, labels, "/lists/stock/xlsx")]
        try:
            yield
        finally:
            over.set()
        for one in doing:
            one.result()  # what went wrong meanwhile comes out
