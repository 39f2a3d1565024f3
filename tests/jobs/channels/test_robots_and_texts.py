"""DingTalk, Feishu and text messages: each against a real receiver that checks signatures as the makers say."""

import base64
import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from standardwebhooks import Webhook

from core.errors import Refusal
from core.settings import Settings, SettingsError, load_settings
from jobs.channels.endpoints import NewEndpoint, add_endpoint, masked
from jobs.channels.models import Endpoint, MailState
from jobs.channels.outbox import Delivery, deliver_to_endpoints
from jobs.channels.register import ENDPOINT_CHANNELS, Way
from jobs.channels.sms import LONGEST
from tests.clock import SetClock
from tests.conftest import Town
from tests.jobs.channels.test_endpoints import endpoint_now, expire, messages, raise_alerts, tries
from tests.proxy import Proxy
from tests.receiver import Call, Receiver

KEY = "SEC-very-secret-signing-key"
SMS_SECRET = "sixteen-characters-and-more"


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    on = {"hook_hosts": "127.0.0.1", "sms_url": f"http://{receiver.host}/sms", "sms_secret": SMS_SECRET}
    return settings.model_copy(update=on)


def set_up(town: Town, way: str, url: str, key: str = "", least: str = "urgent") -> Endpoint:
    wanted = NewEndpoint(way, "值班群", url, least, "", key=key)
    return town.run(add_endpoint, town.callers["admin"], wanted, town.context.settings, town.context.clock.now())


class DingTalk:
    """Checks a call as DingTalk does: the time in milliseconds within an hour, and the signature in the address."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock

    def __call__(self, call: Call) -> str:
        query = parse_qs(urlsplit(call.path).query)
        stamp = query["timestamp"][0]
        expected = hmac.new(KEY.encode(), f"{stamp}\n{KEY}".encode(), hashlib.sha256).digest()
        late = abs(int(stamp) / 1000 - self.clock.now().timestamp()) > 3600
        if late or query["sign"][0] != base64.b64encode(expected).decode() or query["key"] != ["very-secret-key"]:
            return '{"errcode":310000,"errmsg":"sign not match"}'
        return '{"errcode":0,"errmsg":"ok"}'


class Feishu:
    """Checks a call as Feishu does: the time in seconds within an hour, and the signature in the message."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock

    def __call__(self, call: Call) -> str:
        stamp = call.json["timestamp"]
        expected = base64.b64encode(hmac.new(f"{stamp}\n{KEY}".encode(), digestmod=hashlib.sha256).digest()).decode()
        if abs(int(stamp) - self.clock.now().timestamp()) > 3600 or call.json["sign"] != expected:
            return '{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}'
        return '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'


def test_a_dingtalk_robot_takes_what_is_signed_with_its_key(town: Town, receiver: Receiver, clock: SetClock) -> None:
    receiver.judge = DingTalk(clock)
    set_up(town, "dingtalk", receiver.url, KEY)
    lot = expire(town, "MED-004")
    raise_alerts(town)
    assert deliver_to_endpoints(town.context) == Delivery(sent=1)
    [call] = receiver.calls
    assert call.json["msgtype"] == "markdown"
    text = call.json["markdown"]["text"]
    assert text.startswith("**备勤架") and f"](http://testserver.local/lots/{lot})" in text and "**紧急**" in text


def test_a_feishu_robot_takes_what_is_signed_with_its_key(town: Town, receiver: Receiver, clock: SetClock) -> None:
    receiver.judge = Feishu(clock)
    set_up(town, "feishu", receiver.url, KEY)
    lot = expire(town, "MED-004")
    raise_alerts(town)
    assert deliver_to_endpoints(town.context) == Delivery(sent=1)
    [call] = receiver.calls
    assert call.json["msg_type"] == "interactive"
    [element] = call.json["card"]["elements"]
    assert f"](http://testserver.local/lots/{lot})" in element["content"] and "紧急" in element["content"]


@pytest.mark.parametrize(("way", "code"), [("dingtalk", "310000"), ("feishu", "19021")])
def test_a_wrong_key_is_shown_and_not_tried_again(
    town: Town, receiver: Receiver, clock: SetClock, way: str, code: str
) -> None:
    receiver.judge = {"dingtalk": DingTalk, "feishu": Feishu}[way](clock)
    set_up(town, way, receiver.url, "another key")
    expire(town, "MED-004")
    raise_alerts(town)
    assert deliver_to_endpoints(town.context) == Delivery(refused=1)
    [mail] = messages(town)
    assert mail.state is MailState.FAILED and mail.last_error.startswith(code)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("way", "said", "rest"),
    [
        ("dingtalk", '{"errcode":130101,"errmsg":"send too fast"}', timedelta(minutes=10, seconds=1)),
        ("feishu", '{"code":11232,"msg":"frequency limited"}', timedelta(seconds=61)),
    ],
)
def test_too_many_messages_make_a_robot_rest(
    town: Town, receiver: Receiver, clock: SetClock, way: str, said: str, rest: timedelta
) -> None:
    endpoint = set_up(town, way, receiver.url)
    expire(town, "MED-004")
    raise_alerts(town)
    receiver.body = said
    assert deliver_to_endpoints(town.context) == Delivery(put_off=1)
    assert endpoint_now(town, endpoint).paused_until == clock.now() + rest
    assert "sign" not in receiver.calls[0].path + receiver.calls[0].body.decode(), "nothing is signed without a key"


def test_a_text_message_is_short_signed_and_holds_what_the_template_names(
    town: Town, receiver: Receiver, clock: SetClock
) -> None:
    clock.instant = datetime.now(UTC).replace(microsecond=0)  # who checks refuses what was signed long ago
    set_up(town, "sms", "+86 138-0013 8000")
    for item, number in (("MED-004", "A"), ("MED-004", "B"), ("MED-013", "C")):  # urgent twice, serious
        expire(town, item, number=f"NS-{number}")
    assert raise_alerts(town) == 1
    assert deliver_to_endpoints(town.context) == Delivery(sent=1)
    [call] = receiver.calls
    assert set(call.json) == {"to", "text", "id"} and call.json["to"] == "+8613800138000"
    text = call.json["text"]
    assert len(text) <= LONGEST and text.startswith("紧急") and "已过期" in text and "另有 1 项" in text
    assert town.depot.name_zh in text and "http" not in text
    secret = "whsec_" + base64.b64encode(SMS_SECRET.encode()).decode()
    assert Webhook(secret).verify(call.body, call.headers) == call.json


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (
            "m={to}&c={text}&t={time}",
            lambda call: dict(parse_qsl(call.body.decode())),
        ),
        ('{"m": "{to}", "c": {"x": "{text}"}, "t": "{time}"}', lambda call: {**call.json, "c": call.json["c"]["x"]}),
    ],
    ids=["form", "json"],
)
def test_a_template_may_be_a_form_or_json_and_no_name_breaks_it(
    town: Town, receiver: Receiver, body: str, read: Any
) -> None:
    rename = 'a"b&c=d\\{to}%'
    town.run(lambda session: session.get_one(type(town.depot), town.depot.id).__setattr__("name_zh", rename))
    town.context.settings.__dict__["sms_body"] = body
    set_up(town, "sms", "10086")
    expire(town, "MED-004")
    raise_alerts(town)
    assert deliver_to_endpoints(town.context) == Delivery(sent=1)
    found = read(receiver.calls[0])
    assert found["m"] == "10086" and rename in found["c"] and found["t"].endswith("Z")


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, '{"code":"OK"}', Delivery(sent=1)),
        (200, '{"code":"LIMIT"}', Delivery(refused=1)),
        (422, "no such number", Delivery(refused=1)),
        (401, "who are you", Delivery(put_off=1)),
        (503, "", Delivery(put_off=1)),
    ],
)
def test_the_gateways_answer_decides(
    town: Town, receiver: Receiver, status: int, answer: str, outcome: Delivery
) -> None:
    town.context.settings.__dict__["sms_taken"] = '"code":"OK"'
    set_up(town, "sms", "10086")
    expire(town, "MED-004")
    raise_alerts(town)
    receiver.status, receiver.body = status, answer
    assert deliver_to_endpoints(town.context) == outcome


def test_what_cannot_be_set_up_is_refused_with_its_field(town: Town, receiver: Receiver) -> None:
    url = receiver.url
    for way, address, key, least, field in (
        ("sms", "10086", "", "serious", "least"),
        ("sms", "https://example.org/", "", "urgent", "url"),
        ("sms", "12", "", "urgent", "url"),
        ("sms", "10086", KEY, "urgent", "key"),
        ("robot", url, KEY, "urgent", "key"),
        ("webhook", url, KEY, "urgent", "key"),
        ("dingtalk", "https://example.org/robot/send?access_token=x", "", "urgent", "url"),
        ("feishu", "https://oapi.dingtalk.com/robot/send?access_token=x", "", "urgent", "url"),
        ("pigeon", url, "", "urgent", "way"),
    ):
        with pytest.raises(Refusal) as refused:
            set_up(town, way, address, key, least)
        assert [fault.field for fault in refused.value.fields] == [field], (way, address)
    town.context.settings.__dict__["sms_url"] = None
    with pytest.raises(Refusal):
        set_up(town, "sms", "10086")
    assert not ENDPOINT_CHANNELS[Way.SMS].ready(town.context.settings)


def test_no_key_is_shown_or_logged(
    town: Town, receiver: Receiver, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    made = [
        set_up(town, "dingtalk", receiver.url, KEY),
        set_up(town, "feishu", f"http://{receiver.host}/open-apis/bot/v2/hook/very-secret-key", KEY),
        set_up(town, "sms", "+8613800138000"),
    ]
    expire(town, "MED-004")
    raise_alerts(town)
    receiver.status, receiver.body = 500, "down"
    assert deliver_to_endpoints(town.context) == Delivery(put_off=3)
    said = caplog.text + "".join(capsys.readouterr()) + repr([made, messages(town), tries(town)])
    said += "".join(masked(endpoint) for endpoint in made)
    for word in (KEY, "very-secret-key", SMS_SECRET, "13800138000"):
        assert word not in said.replace("值班群", ""), word
    assert masked(made[2]).endswith("8000")


def test_what_is_never_sent_of_an_address_is_neither_stored_nor_shown(town: Town) -> None:
    """A signature that is put behind it would not be sent either."""
    for way, url in (
        ("dingtalk", "https://oapi.dingtalk.com/robot/send"),
        ("feishu", "https://open.feishu.cn/open-apis/hook"),
        ("webhook", "https://example.org/alerts"),
    ):
        made = set_up(town, way, f"{url}#very-secret-part")
        assert made.url == url and "very-secret" not in masked(made), way


@pytest.mark.heavy
def test_robots_and_the_gateway_are_called_by_the_proxy(town: Town, receiver: Receiver) -> None:
    """A TLS tunnel is asked for: nothing of a message is seen by the proxy but the host."""
    with Proxy() as proxy:
        out = {"hook_hosts": "", "outgoing_proxy": proxy.url, "sms_url": "https://sms.example/send"}
        town.context.settings.__dict__.update(out)
        set_up(town, "dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=x", KEY)
        set_up(town, "feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/x", KEY)
        set_up(town, "sms", "10086")
        expire(town, "MED-004")
        raise_alerts(town)
        assert deliver_to_endpoints(town.context) == Delivery(put_off=3)
        assert {host for host, _ in proxy.passed} == {"oapi.dingtalk.com", "open.feishu.cn", "sms.example"}
    assert receiver.calls == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"sms_url": "https://sms.example/send"}, "READYSHELF_SMS_URL"),
        ({"sms_url": "sms.example", "sms_secret": SMS_SECRET}, "address"),
        ({"sms_body": '{"to": "{to}"}'}, "{text}"),
        ({"sms_body": "to={to}&text={text}&who={person}"}, "no other fields"),
        ({"sms_body": '{"to": "{to}", "text": {text}}'}, "JSON"),
    ],
)
def test_a_gateway_that_cannot_work_stops_the_start_with_a_sentence(changes: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsError, match="SMS") as refused:
        load_settings(**changes)
    assert word in str(refused.value)
    assert json.dumps(SMS_SECRET) not in str(refused.value)
