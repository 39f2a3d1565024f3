"""Mails worth reading: what and where in the subject, the worst first, a clean text part, HTML that holds anywhere."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.orm import Session

from core.languages import in_both, say
from core.settings import read_smtp_url
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower
from inventory.entries import VERBS
from inventory.faults.faults import Trouble, note_defect
from inventory.telling.entries import book_entry
from jobs.alerts.lines import lines_of
from jobs.alerts.models import Alert
from jobs.alerts.sweep import sweep_city
from jobs.causes.kinds import AlertKind
from jobs.channels.outbox import deliver
from jobs.channels.parcel import Letter
from jobs.channels.robots import markdown, names_of
from jobs.channels.sms import short_text
from jobs.digests.digests import DIGEST, _subject, write_digests
from labels.codes.binding import labelled
from people.accounts import set_language
from tests.clock import SetClock
from tests.conftest import Town
from tests.mailbox import Mailbox, text_of


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox().open()
    yield box
    box.close()


def mails(town: Town, mailbox: Mailbox, language: str = "zh") -> dict[str, EmailMessage]:
    """What the keeper gets of five things of each severity: the digest, and the urgent mail."""
    today, clock = town.context.clock.today(), town.context.clock
    town.run(set_language, town.keeper.person_id, language)
    town.stock("MED-007", "6", expires_on=today + timedelta(5), number="SOON")
    town.stock("MED-012", "6", expiry_unknown=True)
    for number in ("N1", "N2", "N3"):
        town.stock("MED-013", "6", expires_on=today - timedelta(2), number=number)
    town.stock("MED-004", "1", expires_on=today - timedelta(1), number="PADS")
    sweep_city(town.context.database, today, clock.now())
    write_digests(town.context.database, town.context.settings, today, clock.now())
    deliver(town.context.database, clock, read_smtp_url(mailbox.url), "readyshelf@example.org")
    found = mailbox.to("keeper@example.org")
    assert len(found) == 2
    return {"digest" if mail["List-Unsubscribe"] else "urgent": mail for mail in found}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("language", "digest", "urgent"),
    [
        ("zh", "生理盐水 100mL(冲洗)：已过期（麻岭街面站），另有 4 项", "紧急：AED 成人电极片：已过期（麻岭街面站）"),
        ("en", "Saline 100 mL: expired (Maling street depot), and 4 more", "Urgent: AED adult pads: expired"),
    ],
)
def test_the_subject_says_what_and_where(town: Town, mailbox: Mailbox, language: str, digest: str, urgent: str) -> None:
    found = mails(town, mailbox, language)
    assert found["digest"]["Subject"] == digest
    assert found["urgent"]["Subject"].startswith(urgent)


def test_what_is_about_no_item_is_called_by_its_kind_and_only_a_fault_by_who_reported_it(town: Town) -> None:
    now = town.context.clock.now()

    def lines(session: Session) -> list[dict[str, Any]]:
        rows = [
            Alert(cause=f"{kind.value}:1", kind=kind, depot_id=town.depot.id, opened_at=now, changed_at=now)
            for kind in AlertKind
        ]
        session.add_all(rows)
        session.flush()
        return lines_of(session, [row.id for row in rows])

    for line in town.run(lines):
        title, subject = (line["title_zh"], line["title_en"]), _subject("zh", [line], 1, DIGEST)
        if line["kind"] == AlertKind.DEFECT:
            assert (title, line["titled"]) == (in_both("Reported by a passer-by"), True)
            assert subject == f"{title[0]}：故障（麻岭街面站）"
        else:
            assert (title, line["titled"]) == (in_both(line["word"]), False)
            assert subject == f"{title[0]}（麻岭街面站）"
        assert names_of(line, "zh") == (title[0], "麻岭街面站")
        letter = Letter(town.depot.id, "zh", "", "http://testserver.local", now, [line], 1)
        assert markdown(letter, 4096, "{}").count(say("zh", line["word"])) == 1
        assert short_text(letter).count(say("zh", line["word"])) == 1


def test_an_overdue_loan_is_mailed_as_one_and_not_as_a_passers_by_report(
    town: Town, mailbox: Mailbox, clock: SetClock
) -> None:
    lot = town.stock("BRK-014", "2")
    due = clock.now() + timedelta(hours=1)
    lend = Lend(
        id=uuid4(), depot=town.depot.code, lines=[Thing(thing=str(lot))], borrower=Borrower.RESIDENT, due_at=due
    )
    town.run(book_entry, town.keeper, lend, VERBS, town.context.moment(), labelled)
    clock.instant = due + timedelta(days=1)
    sweep_city(town.context.database, clock.today(), clock.now())
    write_digests(town.context.database, town.context.settings, clock.today(), clock.now())
    deliver(town.context.database, clock, read_smtp_url(mailbox.url), "readyshelf@example.org")
    [mail] = mailbox.to("keeper@example.org")
    assert mail["Subject"] == "借用逾期（麻岭街面站）"
    for part in ("plain", "html"):
        assert "群众报告" not in text_of(mail, part)


def test_the_worst_three_come_first_then_the_rest_with_counts_in_words_and_in_html(
    town: Town, mailbox: Mailbox
) -> None:
    mail = mails(town, mailbox)["digest"]
    for text in (text_of(mail), text_of(mail, "html")):
        worst = sorted(text.index(number) for number in ("N1", "N2", "N3"))  # equally bad: in any order
        order = [text.index("重点事项"), *worst, text.index("其他"), text.index("SOON")]
        assert order == sorted(order)
    text = text_of(mail)
    for count in ("- 已过期：3", "- 临期：1", "- 日期缺失：1"):
        assert count in text.splitlines(), text


def test_each_line_has_one_link_that_opens_the_thing(town: Town, mailbox: Mailbox) -> None:
    mail = mails(town, mailbox)["digest"]
    assert len(re.findall(r"http://testserver\.local/lots/[0-9a-f-]{36}$", text_of(mail), re.MULTILINE)) == 5
    assert len(re.findall(r'href="http://testserver\.local/lots/[0-9a-f-]{36}"', text_of(mail, "html"))) == 5


def test_the_text_part_is_clean(town: Town, mailbox: Mailbox) -> None:
    for mail in mails(town, mailbox).values():
        text = text_of(mail).replace("\r\n", "\n")
        assert "\n\n\n" not in text
        assert not re.search(r"[<>{}]|&\w+;|[ \t]$", text, re.MULTILINE)
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


class Looked(HTMLParser):
    """What stands in a mail's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.heavy
@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
def test_the_html_holds_in_common_mail_programs(town: Town, mailbox: Mailbox, language: str, lang: str) -> None:
    for mail in mails(town, mailbox, language).values():
        html = text_of(mail, "html")
        tags = Looked(html).tags
        assert html.lstrip().startswith("<!doctype html>")
        assert dict(tags)["html"]["lang"] == lang
        assert {tag for tag, _ in tags} <= set(
            ["html", "head", "meta", "title", "style", "body", "table", "tr", "td", "span", "a", "b", "br"]
        )
        for tag, attributes in tags:
            if tag == "table":
                assert attributes["role"] == "presentation"
            if tag in ("td", "a", "span"):
                assert attributes.get("style"), (tag, attributes)
            assert "src" not in attributes and "background" not in attributes
        assert "url(" not in html and "@import" not in html
        assert ("name", "color-scheme") in [item for tag, attrs in tags if tag == "meta" for item in attrs.items()]
        assert len(html.encode()) < 100_000  # longer ones are cut by some programs


async def test_a_digest_can_be_refused_by_one_click_and_what_is_urgent_cannot(
    client: httpx.AsyncClient, town: Town, mailbox: Mailbox
) -> None:
    found = mails(town, mailbox)
    digest, urgent = found["digest"], found["urgent"]
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = digest["List-Unsubscribe"].strip("<>")
    assert address in text_of(digest) and address in text_of(digest, "html")
    assert urgent["List-Unsubscribe"] is None
    assert urgent["List-Unsubscribe-Post"] is None
    assert "不可退订" in text_of(urgent)
    assert "unsubscribe" not in text_of(urgent) + text_of(urgent, "html")
    asked = await client.get(address)  # a scanner that opens every link refuses nothing
    assert "不再接收每日邮件" in asked.text
    refused = await client.post(address, data={"List-Unsubscribe": "One-Click"})
    assert refused.status_code == 200


def test_what_a_passer_by_wrote_cannot_break_a_mail(town: Town, mailbox: Mailbox) -> None:
    text = 'broken <img src="http://evil.example/x"> {{ 7*7 }}\nBcc: everybody@example.org'
    town.run(note_defect, town.depot.id, Trouble(None, None, text), town.context.clock.now())
    found = mails(town, mailbox)["digest"]
    html = text_of(found, "html")
    assert "<img" not in html
    assert "&lt;img" in html
    assert "{{ 7*7 }}" in html
    assert found["Bcc"] is None


def test_what_ends_is_never_crowded_out_by_what_a_new_city_lacks(town: Town, mailbox: Mailbox) -> None:
    today, clock = town.context.clock.today(), town.context.clock

    def lacking(session: Session) -> None:
        for number in range(40):
            told = {"subject": "MED-007", "name_zh": f"缺{number}", "name_en": "x", "ready": "0", "minimum": "1"}
            session.add(
                Alert(
                    cause=f"low:{number}",
                    kind=AlertKind.BELOW_MINIMUM if number % 2 else AlertKind.CHECK_DUE,
                    depot_id=town.depot.id,
                    details=json.dumps({**told, "level": "mandatory"}),
                    opened_at=clock.now(),
                    changed_at=clock.now(),
                )
            )

    town.stock("MED-007", "6", expires_on=today + timedelta(25), number="SOON")
    sweep_city(town.context.database, today, clock.now())
    town.run(lacking)
    write_digests(town.context.database, town.context.settings, today, clock.now())
    deliver(town.context.database, clock, read_smtp_url(mailbox.url), "readyshelf@example.org")
    (mail,) = mailbox.to("keeper@example.org")
    assert "SOON" in text_of(mail)
