"""Messages to a group robot, in its Markdown."""

from core.languages import N_, say
from jobs.channels.parcel import Letter
from jobs.channels.robot.calling import fit

SHOWN = 30  # alerts; as many as fit
_PLAIN = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "*": "＊", "`": "｀", "\n": " ", "\r": " "})


def news(letter: Letter) -> str:
    """Counts, the worst first, each with its link."""
    language = letter.language
    at = 0 if language == "zh" else 1
    lines = [f"**{letter.title}**"]
    for line in letter.lines[:SHOWN]:
        name = _plain((line["name_zh"], line["name_en"])[at] or say(language, N_("Reported by a passer-by")))
        place = _plain((line["depot"].name_zh, line["depot"].name_en)[at])
        urgent = f'<font color="warning">{say(language, N_("urgent"))}</font> ' if line["urgent"] else ""
        due = f" {line['due']}" if line["due"] else ""
        link = f"[{name}]({letter.base_url}{line['path']})"
        lines.append(f"> {urgent}{link} {say(language, line['word'])}{due} · {place}")
    unseen = letter.total - len(letter.lines[:SHOWN])
    more = say(language, N_("and more: see the list"))
    return fit(lines, f"[{more}]({letter.base_url}/alerts)", unseen > 0)


def trial(letter: Letter) -> str:
    """The title alone."""
    return letter.title


def _plain(text: str) -> str:
    """Without what Markdown or the robot's font tag would take for its own."""
    return text.translate(_PLAIN)[:80]
