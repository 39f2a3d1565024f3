"""What a label says, before it is drawn: for lists and checks as well, which import nothing that draws."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelText:
    """What stands on a label. The names in both languages; everything else in the label's own ``language``."""

    url: str
    code: str
    name_zh: str
    name_en: str = ""
    depot: str = ""
    place: str = ""
    number: str = ""
    weight: str = ""
    next_date: str = ""
    phone: str = ""
    language: str = "zh"
    of_place: bool = False  # a shelf's, a vehicle's, a kit's: its name is what one looks for, from afar
    hazard: str = ""  # of dangerous goods: what they are, beside a warning sign

    @property
    def name(self) -> str:
        """The name in the label's language, set large."""
        return self.name_zh if self.language == "zh" else self.name_en or self.name_zh

    @property
    def other_name(self) -> str:
        """The name in the other language, set small; empty where there is none."""
        other = self.name_en if self.language == "zh" else self.name_zh
        return other if other != self.name else ""
