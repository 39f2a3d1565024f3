"""Which item somebody means: Chinese, pinyin, English, other names (T92), troubles; typing errors forgiven.

Pure: no database. An index is made once per change of the catalogue and asked for every search.
"""

import os
import re
import sys
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from threading import Lock

from rapidfuzz import fuzz, process

LONGEST = 100  # characters of a query that are looked at
KEPT_ANSWERS = 500
_BREAKS = re.compile(r"[^0-9a-z一-鿿]+")
FIRST_HAN, LAST_HAN = "一", "\u9fff"
_HAN = re.compile(f"[{FIRST_HAN}-{LAST_HAN}]")
_INNER = re.compile(r"\(.*?\)|（.*?）")
_PARTS = re.compile(r"[/()（）、·+,，;]| - ")
_FILLERS = frozenset(
    {"a", "an", "the", "of", "in", "on", "to", "for", "is", "my", "i", "need", "needs", "with", "and", "s", "at"}
)
# How sure a kind of likeness makes us, out of 100
EXACT, PINYIN, INITIALS, WORDS, BEGINS, HOLDS, TOLD, LIKE = 100.0, 95.0, 90.0, 88.0, 86.0, 74.0, 70.0, 66.0
FLOOR = 50.0  # below this nothing is meant
_SOUNDING = Lock()
LIKENESS = 72.0  # of two words, by their edits, out of 100


def plain(text: str) -> str:
    """Full-width made half, lower case, no marks; words parted by one blank."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).lower()
    return _BREAKS.sub(" ", folded).strip()


def _sounds() -> tuple[tuple[str, ...], ...]:
    """How each Chinese character of ``_HAN`` may be read, without tones, the usual way first."""
    with _SOUNDING:  # threads that search at the same time: one makes them
        return _made_sounds()


@cache
def _made_sounds() -> tuple[tuple[str, ...], ...]:
    """Take them out of pypinyin, which is not needed after: it holds 10 MB of a process, and these half a megabyte."""
    # Its phrases would tell 着火 (zhao) from 看着 (zhe), at 40 MB; a term is found by each reading instead
    os.environ |= {"PYPINYIN_NO_PHRASES": "1", "PYPINYIN_NO_DICT_COPY": "1"}
    from pypinyin.contrib.tone_convert import to_normal
    from pypinyin.pinyin_dict import pinyin_dict

    plainly = cache(lambda sound: to_normal(sound).replace("ü", "v"))
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for code in range(ord(FIRST_HAN), ord(LAST_HAN) + 1):
        written = pinyin_dict.get(code)
        sounds = tuple(dict.fromkeys(map(plainly, written.split(",")))) if written else (chr(code),)
        found.append(known.setdefault(sounds, sounds))
    pinyin_dict.clear()  # at once, for what is made next; the modules go when the garbage collector comes by
    for name in [name for name in sys.modules if name.partition(".")[0] == "pypinyin"]:
        del sys.modules[name]
    return tuple(found)


def _readings(char: str) -> tuple[str, ...]:
    """How a Chinese character may be read; any other stands as it is."""
    return _sounds()[ord(char) - ord(FIRST_HAN)] if FIRST_HAN <= char <= LAST_HAN else (char,)


@lru_cache(maxsize=5_000)
def spoken(text: str) -> str:
    """A Chinese text in pinyin without tones, in one word; what is not Chinese stands as it is."""
    return "".join(_readings(char)[0] for char in text if char != " ")


def other_sounds(text: str) -> Iterator[str]:
    """A Chinese text as it sounds where one of its characters is read in another way."""
    usual = [_readings(char)[0] for char in text]
    for place, char in enumerate(text):
        for sound in _readings(char)[1:]:
            yield "".join([*usual[:place], sound, *usual[place + 1 :]])


def initials(text: str) -> str:
    """The first letters of a Chinese text's pinyin: dlq for 大力钳."""
    return "".join(_readings(char)[0][0] for char in text if _HAN.match(char))


def parts_of(name: str) -> dict[str, float]:
    """The names that stand in one, weighed: 夹钳/大力钳(C型) is the whole, 夹钳, 大力钳 and, less, C型."""
    outer, inner = _INNER.sub(" - ", name), " - ".join(_INNER.findall(name))
    parts = {plain(part): 0.85 for part in _PARTS.split(inner)}
    parts |= {plain(part): 0.99 for part in _PARTS.split(outer)}
    return {part: weight for part, weight in {**parts, plain(name): 1.0}.items() if len(part) > 1}


@dataclass(frozen=True)
class Term:
    """One text that stands for an item or a trouble."""

    text: str
    owner: int  # position of what it stands for
    weight: float  # 1 for a name; less for a part of one

    @cached_property
    def tight(self) -> str:
        return self.text.replace(" ", "")

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word in self.text.split() if word not in _FILLERS)

    @cached_property
    def pinyin(self) -> str:
        return spoken(self.tight) if _HAN.search(self.text) else ""

    @cached_property
    def initials(self) -> str:
        return initials(self.tight) if _HAN.search(self.text) else ""


@dataclass(frozen=True)
class Meaning:
    """What a term stands for: one item, or a trouble and the items that help, best first."""

    code: str
    items: tuple[str, ...]
    trouble: bool = False


@dataclass(frozen=True)
class Match:
    """An item that may be meant: how sure (0 to 100), and by which trouble if by one."""

    item: str
    score: float
    trouble: str | None = None


def _numbers() -> "array[int]":
    """Numbers of terms, each once as it is entered: as sets they took 3 MB a process."""
    return array("I")


@dataclass
class WordIndex:
    """All terms, laid out so that a query is answered without looking at each of them in vain."""

    meanings: list[Meaning] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    _whole: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    _spoken: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    _initials: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    _pairs: "dict[str, array[int]]" = field(default_factory=lambda: defaultdict(_numbers))
    _words: "dict[str, array[int]]" = field(default_factory=lambda: defaultdict(_numbers))
    _like: list[tuple[str, int]] = field(default_factory=list)

    def add(self, meaning: Meaning, texts: Iterable[tuple[str, float]]) -> None:
        """Enter what something is called: texts with the weight of each."""
        owner = len(self.meanings)
        self.meanings.append(meaning)
        known: set[str] = set()
        for text, weight in texts:
            if plain(text) not in known and plain(text):
                known.add(plain(text))
                self._enter(Term(plain(text), owner, weight))

    def _enter(self, term: Term) -> None:
        number = len(self.terms)
        self.terms.append(term)
        self._whole[term.tight].append(term)
        if term.pinyin:
            for sound in {term.pinyin, *other_sounds(term.tight)}:
                self._spoken[sound].append(term)
            self._initials[term.initials].append(term)
        for pair in _pairs(term.tight) | _pairs(term.pinyin):
            self._pairs[pair].append(number)
        for word in dict.fromkeys(term.words):
            self._words[word].append(number)
        self._like.append((term.pinyin or term.tight, number))

    @cached_property
    def _vocabulary(self) -> list[str]:
        return list(self._words)

    @cached_property
    def _sounds(self) -> list[str]:
        return [sound for sound, _ in self._like]

    def search(self, query: str, most: int = 12) -> list[Match]:
        """The items that the query may mean, the likeliest first; at equal sureness in the catalogue's order."""
        return list(self._answers(plain(query), most))

    @cached_property
    def _answers(self) -> Callable[[str, int], tuple[Match, ...]]:
        """What was asked before is asked again: people look for the same few hundred things."""
        return lru_cache(maxsize=KEPT_ANSWERS)(self._search)

    def _search(self, query: str, most: int) -> tuple[Match, ...]:
        if not query:
            return ()
        scores: dict[int, float] = {}
        for term, sureness in self._hits(query):
            score = sureness * term.weight
            if score > scores.get(term.owner, 0):
                scores[term.owner] = score
        found: dict[str, Match] = {}
        for owner, score in scores.items():
            meaning = self.meanings[owner]
            for place, item in enumerate(meaning.items):
                # Behind the first remedy the others, in order, and behind every item that was named so surely itself
                sure = score - (0.2 + 0.7 * place if meaning.trouble else 0)
                if sure >= FLOOR and (item not in found or sure > found[item].score):
                    found[item] = Match(item, round(sure, 2), meaning.code if meaning.trouble else None)
        order = {meaning.code: place for place, meaning in enumerate(self.meanings)}
        likeliest = sorted(found.values(), key=lambda match: (-match.score, order.get(match.item, 0)))
        return tuple(likeliest[:most])

    def _hits(self, query: str) -> Iterable[tuple[Term, float]]:
        tight = query.replace(" ", "")
        for term in self._whole.get(tight, ()):
            yield term, EXACT
        chinese = bool(_HAN.search(tight))
        sound = spoken(tight) if chinese else tight
        for term in self._spoken.get(sound, ()):
            yield term, PINYIN
        if not chinese and len(tight) > 1:
            for term in self._initials.get(tight, ()):
                yield term, INITIALS
        yield from self._holding(tight, sound, chinese=chinese)
        yield from self._by_words(query)
        yield from self._alike(tight, sound)

    def _holding(self, tight: str, sound: str, *, chinese: bool) -> Iterable[tuple[Term, float]]:
        """Terms that hold the query, and terms that a longer query holds."""
        numbers: set[int] = set()
        if chinese and len(tight) == 1:
            numbers = {number for number, term in enumerate(self.terms) if tight in term.text}
        for pair in _pairs(tight) | (_pairs(sound) if not chinese else set()):
            numbers.update(self._pairs.get(pair, ()))
        for number in numbers:
            term = self.terms[number]
            yield from _held(term, term.tight, tight, HOLDS)
            if not chinese and term.pinyin and len(tight) > 3:
                yield from _held(term, term.pinyin, tight, HOLDS - 4)
            if chinese and _HAN.search(term.text) and 1 < len(term.tight) < len(tight) and term.tight in tight:
                yield term, TOLD + 16 * len(term.tight) / len(tight)

    def _by_words(self, query: str) -> Iterable[tuple[Term, float]]:
        """English: each word of the query stands in the term, in any order, perhaps mistyped or unfinished."""
        wanted = [word for word in query.split() if word not in _FILLERS and not _HAN.search(word)]
        if not wanted:
            return
        sure: dict[int, list[float]] = defaultdict(list)
        for word in wanted:
            best: dict[int, float] = {}
            for known, likeness in self._known_words(word):
                for number in self._words[known]:
                    best[number] = max(best.get(number, 0), likeness)
            for number, likeness in best.items():
                sure[number].append(likeness)
        for number, found in sure.items():
            term = self.terms[number]
            covered = sum(found) / len(wanted)  # how much of what was asked
            fills = min(1.0, sum(found) / max(1, len(term.words)))  # how much of the term
            told = len(found) >= 2 or len(wanted) == 1
            if covered > 0.8 and told:
                yield term, WORDS * covered - 22 * (1 - fills)
            elif fills > 0.85 and len(term.words) >= 2 and len(found) >= 2:
                yield term, TOLD * fills + 14 * covered

    def _known_words(self, word: str) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = [(word, 1.0)] if word in self._words else []
        for other in (word + "s", word + "es", word.removesuffix("s"), word.removesuffix("es")):
            if other != word and other in self._words:
                found.append((other, 0.98))
        if len(word) > 3:
            close = process.extract(word, self._vocabulary, scorer=fuzz.ratio, score_cutoff=76, limit=6)
            found += [(known, likeness / 100 * 0.95) for known, likeness, _ in close if known != word]
            found += [(known, 0.93) for known in self._vocabulary if known.startswith(word) and known != word]
        return found

    def _alike(self, tight: str, sound: str) -> Iterable[tuple[Term, float]]:
        """Typing errors: the whole term, by its letters or its pinyin, with a few edits.

        Chinese words that only sound alike are not enough: a character must be the same.
        """
        if len(sound) < 4:
            return
        same = set(tight) if _HAN.search(tight) else None
        close = process.extract(sound, self._sounds, scorer=fuzz.ratio, score_cutoff=LIKENESS, limit=12)
        for _, likeness, place in close:
            term = self.terms[self._like[place][1]]
            if same is None or same & set(term.tight):
                yield term, LIKE + (PINYIN - LIKE) * (likeness - LIKENESS) / (100 - LIKENESS)


def _held(term: Term, text: str, query: str, sureness: float) -> Iterable[tuple[Term, float]]:
    if text.startswith(query):
        yield term, BEGINS - HOLDS + sureness - 8 * (1 - len(query) / len(text))
    elif query in text:
        yield term, sureness - 8 * (1 - len(query) / len(text)) + (4 if text.endswith(query) else 0)


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}


def index_of(
    items: Sequence[tuple[str, str, str]],
    synonyms: Iterable[tuple[str, str]],
    troubles: Iterable[tuple[str, Sequence[str], Sequence[str]]],
) -> WordIndex:
    """An index of items (code, Chinese name, English name), other words (item code, word) and troubles (code, words,
    item codes)."""
    words: dict[str, list[str]] = defaultdict(list)
    for code, word in synonyms:
        words[code].append(word)
    index = WordIndex()
    codes = {code for code, _, _ in items}
    for code, name_zh, name_en in items:
        named = parts_of(name_zh) | parts_of(name_en)
        index.add(Meaning(code, (code,)), [(code, 1.0), *((word, 1.0) for word in words[code]), *named.items()])
    for code, texts_of, helps in troubles:
        there = tuple(item for item in helps if item in codes)
        index.add(Meaning(code, there, trouble=True), ((text, 1.0) for text in texts_of))
    return index
