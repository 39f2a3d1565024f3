"""What was answered to a plan's questions, and whether that is in order. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import bad_field
from core.languages import N_
from inventory.clocks.models import Meter
from inventory.clocks.plans import Question

# A reading under one of these names is the piece's own meter
METERS = {"hours": Meter.HOURS, "cycles": Meter.CYCLES, "km": Meter.KM}


Answer = str | bool  # of one question: a text, or whether yes


@dataclass
class Judgement:
    """What the answers come to."""

    passed: bool = True
    answers: dict[str, Answer] = field(default_factory=dict)
    wrong_zh: list[str] = field(default_factory=list)
    wrong_en: list[str] = field(default_factory=list)
    meters: dict[Meter, Decimal] = field(default_factory=dict)

    def fail(self, question: Question, said: str) -> None:
        """One answer is not in order."""
        self.passed = False
        self.wrong_zh.append(f"{question.zh} {said}".strip())
        self.wrong_en.append(f"{question.en} {said}".strip())


def judge(questions: Sequence[Question], answers: Mapping[str, Answer], photos: Collection[str]) -> Judgement:
    """Hold answers against the questions: every one answered, readings within their limits, choices among the good.

    Refuses (422) what is missing, unknown or cannot be read. ``photos`` are the ids that were sent with the entry.
    """
    unknown = set(answers) - {question.key for question in questions}
    if unknown:
        raise bad_field("answers", N_("the checklist has no question {key}"), key=min(unknown))
    found = Judgement()
    for question in questions:
        if question.key not in answers:
            raise bad_field("answers", N_("answer every question: {question}"), question=(question.zh, question.en))
        _hold(found, question, answers[question.key], photos)
    return found


def _hold(found: Judgement, question: Question, answer: Answer, photos: Collection[str]) -> None:
    found.answers[question.key] = answer
    if question.kind == "yes_no":
        if not isinstance(answer, bool):
            raise _unreadable(question)
        if not answer:
            found.fail(question, "✗")
    elif not isinstance(answer, str):
        raise _unreadable(question)
    elif question.kind == "choice":
        if answer not in question.choices:
            raise _unreadable(question)
        if question.good and answer not in question.good:
            found.fail(question, answer)
    elif question.kind == "photo":
        if answer not in photos:
            raise bad_field("photos", N_("send the photo first"))
    else:
        _read(found, question, answer)


def _read(found: Judgement, question: Question, answer: str) -> None:
    try:
        value = Decimal(answer)
    except ArithmeticError:
        raise _unreadable(question) from None
    if not value.is_finite() or abs(value) >= 10**9 or value != round(value, 3):
        raise _unreadable(question)
    too_low = question.low is not None and value < Decimal(question.low)
    too_high = question.high is not None and value > Decimal(question.high)
    if too_low or too_high:
        found.fail(question, f"{answer} {question.unit} ({question.low or ''}–{question.high or ''})")
    if question.key in METERS:
        found.meters[METERS[question.key]] = value


def _unreadable(question: Question) -> Exception:
    return bad_field("answers", N_("this answer cannot be read: {question}"), question=(question.zh, question.en))
