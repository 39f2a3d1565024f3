"""A form that is refused leads back to itself, with what was typed, and calls the field as the form does."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import sign_in
from tests.conftest import Town
from tests.serving import RunningServer


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refused_form_names_its_field_and_is_found_again_as_it_was_left(
    phone: Page, server: RunningServer, town: Town
) -> None:
    sign_in(phone, server.url, "admin")
    phone.goto(f"{server.url}/manage/catalogue/new")
    for label, value in (("物资编码", "WA/TER"), ("中文名称", "饮用水"), ("单位", "瓶")):
        phone.get_by_label(label, exact=True).fill(value)
    phone.get_by_label("类别", exact=True).select_option(index=1)
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_role("alert")).to_contain_text("物资编码：")
    phone.get_by_role("link", name="返回修改").click()
    code = phone.get_by_label("物资编码")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(phone.locator("#fault-code")).to_be_visible()
    expect(phone.get_by_label("中文名称")).to_have_value("饮用水")
    code.fill("WATER")
    expect(phone.locator("#fault-code")).to_have_count(0)
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("饮用水")
