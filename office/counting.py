"""How many rows a long list has of each value of its chips: remembered for some moments.

To count 50,000 rows costs ten times what a page of them does. A short list is counted each time; a long one again
after so many times as long as counting took, so that its counts may be some seconds old. Its rows never are.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Cube = Counter[tuple[str, ...]]  # how many rows there are of each combination of values
FEW = 5000  # rows; so many are counted each time
TIMES = 30  # counting takes a thirtieth of the time at most
LONGEST = 20.0  # seconds
KEPT = 64  # cubes of a process, each of some hundred combinations


@dataclass
class Lately:
    """What was counted lately, by list and what was asked of it."""

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[tuple[str, Hashable], tuple[float, Cube]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def counted(self, name: str, asked: Hashable, count: Callable[[], Cube]) -> Cube:
        """What was counted of a list a moment ago, or is counted now."""
        begun = self.clock()
        with self._lock:
            until, cube = self._kept.get((name, asked), (begun, Cube()))
        if begun < until:
            return cube
        cube = count()
        done = self.clock()
        with self._lock:
            self._kept.pop((name, asked), None)
            if sum(cube.values()) >= FEW:
                self._kept[name, asked] = (done + min(TIMES * (done - begun), LONGEST), cube)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return cube

    def forget(self, name: str) -> None:
        """Count a list anew: somebody has just changed it."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == name]:
                del self._kept[key]


lately = Lately()
