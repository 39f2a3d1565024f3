"""A phone shows the tables of administration row by row: nothing is hidden to the right, figures have headings."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("manage", "people", "depots", "jobs", "inventory/templates/editing", "inventory/templates/minimums",
         "inventory/templates/exchange")  # fmt: skip
FITS = 3  # columns that have room side by side on a phone


def tables() -> list[tuple[str, str]]:
    found = []
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.html")):
            texts = re.split(r'(?=<div class="table[ "])', file.read_text(encoding="utf-8"))[1:]
            found += [(f"{file.relative_to(ROOT)}", text.split("</table>")[0]) for text in texts]
    return found


def test_a_table_with_many_columns_is_shown_as_cards_on_a_phone() -> None:
    assert len(tables()) > 12
    wide = [(name, table) for name, table in tables() if table.count("<th") - table.count("<thead") > FITS]
    assert len(wide) > 8
    assert [name for name, table in wide if " cards" not in table.split(">")[0]] == []


def test_a_figure_of_a_card_has_its_heading() -> None:
    bare = [
        (name, cell)
        for name, table in tables()
        if " cards" in table.split(">")[0]
        for cell in re.findall(r'<td class="(?:number|third)"[^>]*>', table)
        if "data-title" not in cell
    ]
    assert bare == []


def test_the_tables_of_depots_and_plans_show_each_figure_with_its_heading() -> None:
    for name in ("board.html", "desk/map.html", "depot/now.html", "upkeep/plans.html"):
        texts = (ROOT / "inventory" / "templates" / name).read_text(encoding="utf-8")
        shown = re.split(r'(?=<div class="table[ "])', texts)[1:]
        assert shown
        for table in (text.split("</table>")[0] for text in shown):
            assert " cards" in table.split(">")[0], name
            bare = [
                cell
                for cell in re.findall(r'<td class="number"[^>]*>(?!{% set lacks)', table)
                if "data-title" not in cell
            ]
            assert bare == [], name
