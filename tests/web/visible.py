"""What a person reads on a page: the text that is seen and read aloud, without what is marked as another language."""

from html.parser import HTMLParser

_UNSEEN = {"script", "style", "template", "svg", "datalist"}
_AS_IT_IS = {"code", "textarea"}  # commands and addresses; what people typed
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SPOKEN = ("title", "aria-label", "placeholder", "alt")
_WITHIN = {"a", "abbr", "b", "em", "i", "s", "small", "span", "strong", "time"}  # in the middle of a sentence


class Visible(HTMLParser):
    """``sentences`` of a page, and where its ``links`` lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []  # each element with whether it is left out
        self._text: list[str] = []
        self.feed(page)
        self.close()

    @property
    def sentences(self) -> set[str]:
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        return {line for line in lines if line}

    @property
    def _left_out(self) -> bool:
        return any(left_out for _, left_out in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _VOID:
            other = tag != "html" and ("lang" in given or given.get("translate") == "no")
            self._open.append((tag, other or tag in _UNSEEN or tag in _AS_IT_IS))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if not self._left_out:
            self._text += [f"\n{given[name]}\n" for name in _SPOKEN if given.get(name)]
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self._text.append(data)

    def _part(self, tag: str) -> None:
        self._text.append(" " if tag in _WITHIN else "\n")
