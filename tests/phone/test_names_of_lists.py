"""The app names lists of a depot's open work by text: each is one that the server sends."""

import re

import msgspec

from core.settings import ROOT
from phone.work import Work

NAMED = re.compile(r'\b(?:lists|fromServer|fromActs)\("(\w+)"\)|\b(?:list|in): "(\w+)"')


def test_each_list_that_the_app_names_is_a_field_of_the_work_that_the_server_sends() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in (ROOT / "web" / "static" / "app").rglob("*.js")}
    named = {name: path.name for path, text in pages.items() for pair in NAMED.findall(text) for name in pair if name}
    assert len(named) > 5
    sent = {field.name for field in msgspec.structs.fields(Work)}
    unknown = {name: page for name, page in named.items() if name not in sent}
    assert not unknown, f"no field of Work in phone/work.py, which is what phones are sent: {unknown}"
