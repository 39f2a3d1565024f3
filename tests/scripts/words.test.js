// What is typed and scanned, as far as a phone can judge it by itself: numbers, dates, seals, codes, moments.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./setup.js";

process.env.TZ = "America/Lima"; // of the phone

const checks = await import("../../web/static/app/checks.js");
const { noteContact, now, stamp, trueTime } = await import("../../web/static/app/clock.js");
const { read } = await import("../../web/static/app/codes.js");
const { moment } = await import("../../web/static/app/texts.js");
const { book } = await import("../../web/static/app/book.js");

const fault = (check, value, required = true) => checks.faultOf({ value, required, dataset: { check } });

test("numbers as people type them", () => {
  for (const [text, number] of Object.entries({ 3: 3, 2.5: 2.5, "2，5": 2.5, "１２": 12, " 7 ": 7 }))
    assert.equal(checks.numberOf(text), number, text);
  for (const text of ["", "-1", "1e3", "12 只", "1,2,3", "0x10", "Infinity"])
    assert.ok(Number.isNaN(checks.numberOf(text)), text);
  for (const [text, number] of Object.entries({ 十: 10, 十二: 12, 二十: 20, 三十五: 35, 两: 2 }))
    assert.equal(checks.spelled(text), number, text);
  assert.equal(checks.spelled("三五"), undefined);
  // fifteen hundred, not one and a half
  assert.ok(Number.isNaN(checks.numberOf("1,500")) && Number.isNaN(checks.numberOf("１，５００")));
  assert.match(fault("quantity", "1,500"), /1500/);
  assert.match(fault("reading", "12,345,678"), /12345678/);
  assert.equal(checks.numberOf("0,500"), 0.5);
  assert.match(fault("quantity", "十二"), /12/);
  assert.notEqual(fault("quantity", "0"), "");
  assert.equal(fault("quantity", "0.5"), "");
  assert.notEqual(fault("quantity", " "), "");
  assert.equal(fault("quantity", " ", false), "");
});

test("dates: a month, a day, and none that does not exist", () => {
  for (const text of ["2027-02", "2027-2", "2028-02-29", "２０２７-０２-１５"])
    assert.equal(fault("date", text), "", text);
  for (const text of ["2027", "2027-13", "2027-00", "2027-02-29", "2027-02-00", "27-02-01", "soon"])
    assert.notEqual(fault("date", text), "", text);
});

test("the last usable day by both of a label's words (DOMAIN.md: 有效期至, 失效期)", () => {
  const days = {
    "through 2027-02": "2027-02-28",
    "through 2028-02": "2028-02-29",
    "through 2027-02-15": "2027-02-15",
    "from 2027-02": "2027-01-31",
    "from 2027-03-01": "2027-02-28",
    "from 2027-01": "2026-12-31",
    "through 2027年12月": "2027-12-31",
  };
  for (const [said, day] of Object.entries(days)) {
    const [word, text] = said.split(" ");
    assert.equal(checks.lastDay(word, text), day, said);
  }
});

test("a seal's number that was mistyped by one digit is near, another is not", () => {
  for (const other of ["1234", "123455", "2345", "92345"]) assert.equal(checks.nearlySame("12345", other), true, other);
  for (const other of ["12345", "12354", "123", "67890"]) assert.equal(checks.nearlySame("12345", other), false, other);
});

test("ten times the usual amount is asked back", () => {
  assert.notEqual(checks.muchMore(100, 10), "");
  assert.equal(checks.muchMore(99, 10), "");
  assert.equal(checks.muchMore(100, 0), "");
});

test("a code is ours, a maker's or somebody else's, whatever the scanner puts around it", () => {
  book.shelves = { ...book.shelves, codes: { "7K3M9QXW": "lot", "8K3M9QXW": "shelf" } };
  book.lot = new Map([["lot", { id: "lot" }]]);
  const kinds = {
    "7K3M-9QXW": "lot",
    " 7k3m 9qxw ": "lot",
    "７K3M—9QXW": "lot",
    "]Q17K3M9QXW": "lot",
    "https://depots.example/q/7K3M9QXW": "lot",
    "https://depots.example/sub/path/q/7k3m9qxw/?x=1": "lot",
    "8K3M9QXW": "place",
    "9K3M9QXW": "unknown",
    6901234567892: "maker",
    "]C10106901234567892": "maker",
    "(01)06901234567892": "maker",
    "https://example.com/": "foreign",
    hello: "foreign",
  };
  for (const [text, kind] of Object.entries(kinds)) assert.equal(read(text).kind, kind, text);
});

test("a phone that is an hour ahead tells true moments; one set back meanwhile is told apart", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-30T09:00:00Z") });
  noteContact("Mon, 30 Nov 2026 08:00:00 GMT", Date.now());
  assert.ok(Math.abs(now().getTime() - Date.parse("2026-11-30T08:00:00Z")) < 1_000);
  const at = stamp();
  context.mock.timers.setTime(Date.parse("2026-11-30T09:30:00Z"));
  const told = trueTime(at);
  assert.ok(told.sure);
  assert.ok(Math.abs(told.instant.getTime() - Date.parse("2026-11-30T08:00:00Z")) < 1_000);
  // somebody puts the clock right in between
  context.mock.timers.setTime(Date.parse("2026-11-30T08:31:00Z"));
  noteContact("Mon, 30 Nov 2026 08:31:00 GMT", Date.now());
  const after = trueTime(at);
  assert.equal(after.sure, false);
  assert.ok(Math.abs(after.instant.getTime() - Date.parse("2026-11-30T08:00:00Z")) < 1_000);
});

test("a moment is the depots', wherever the phone thinks that it is", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-30T15:30:00Z") });
  noteContact("Mon, 30 Nov 2026 15:30:00 GMT", Date.now());
  assert.equal(process.env.TZ, "America/Lima");
  assert.equal(moment("2026-11-30T15:05:00Z"), "23:05");
  assert.match(moment("2026-11-30T16:05:00Z"), /^01\/12.*0:05$/); // tomorrow there, today at the phone
  assert.match(moment("2026-11-29T15:59:00Z"), /^29\/11.*23:59$/);
});
