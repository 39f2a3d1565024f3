"""What has been played so far: a line for each seed, in a file that the next run goes on from."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Seed:
    """One story: where it played, how long it was, what it met."""

    seed: int
    kind: str
    inside: bool
    steps: int
    seconds: float
    used: float  # seconds of this processor
    faults: dict[str, int]
    skipped: dict[str, int]
    difference: str = ""

    def __str__(self) -> str:
        rate = f"{self.steps / self.used:.0f} steps a second of this processor" if self.used else ""
        told = f"seed {self.seed}: {self.steps} steps in {self.seconds:.1f} s, {rate}, faults: {self.faults}"
        return f"{told}, not sent: {self.skipped}{', ' if self.difference else ''}{self.difference}"


@dataclass
class Tally:
    """All seeds."""

    path: Path | None = None
    seeds: list[Seed] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.path and self.path.exists():
            self.seeds = [Seed(**json.loads(line)) for line in self.path.read_text("utf-8").splitlines()]

    def add(self, seed: Seed) -> None:
        """One more."""
        self.seeds.append(seed)
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(seed), ensure_ascii=False) + "\n")

    @property
    def steps(self) -> int:
        """Played in all."""
        return sum(seed.steps for seed in self.seeds)

    @property
    def last(self) -> int:
        """The seed that was played last."""
        return max((seed.seed for seed in self.seeds), default=0)

    def faults(self) -> Counter[str]:
        """How many of each kind were injected."""
        return sum((Counter(seed.faults) for seed in self.seeds), Counter())

    def differences(self) -> list[str]:
        """What each seed that differed ended with."""
        return [seed.difference for seed in self.seeds if seed.difference]

    def in_short(self) -> str:
        """For a bar."""
        injected = sum(number for fault, number in self.faults().items() if ":" not in fault)
        return f"{len(self.seeds)} seeds, {injected} faults, {len(self.differences())} differences"

    def __str__(self) -> str:
        lines = []
        for inside, name in ((True, "in one process"), (False, "by servers")):
            seeds = [seed for seed in self.seeds if seed.inside == inside]
            steps, used = sum(seed.steps for seed in seeds), sum(seed.seconds for seed in seeds)
            if seeds:
                lines.append(f"{name}: {steps} steps, {len(seeds)} seeds, {steps / used:.1f} steps a second")
        lines.append(f"in all: {self.steps} steps, {self.in_short()}")
        lines.append(f"faults: {dict(self.faults())}")
        lines += [f"difference: {what} ({number} seeds)" for what, number in Counter(self.differences()).items()]
        return "\n".join(lines)
