// The queue: what somebody did is written down first, sent in order, and booked once, whatever the line does.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { booked, DEAD, happens, json, me, serve, until } from "./setup.js";

const queue = await import("../../web/static/app/queue.js");
const store = await import("../../web/static/app/store.js");
const { session } = await import("../../web/static/app/net.js");

const server = await serve(() => booked);
const isMe = (request) => request.path === "/api/me";
const entries = () => server.heard.filter((one) => one.path === "/api/entries").map((one) => one.body);
const take = (lot) => ({
  kind: "movements",
  movements: [{ id: crypto.randomUUID(), kind: "issue", lot, quantity: "1" }],
});
const tell = (lot, more = {}) => queue.tell(take(lot), { what: ["Taken", {}], ...more });
const states = async () => (await store.waiting()).map((one) => one.state);
const answers = (reply) => (server.reply = (request) => (isMe(request) ? me("keeper") : reply(request)));

/** The signal is back, or somebody has signed in; returns when nothing is being sent. */
async function woken() {
  session.online = true;
  await queue.wake();
}

/** The basement. */
function cut() {
  session.online = false;
  Object.assign(navigator, { onLine: false });
}
const back = () => Object.assign(navigator, { onLine: true });

beforeEach(async () => {
  for (const one of await store.waiting()) await store.dismiss(one, { state: "dismissed" });
  back();
  Object.assign(session, { me: { id: "keeper", name: "Keeper" }, online: true, signedOut: false });
  answers(() => booked);
  await woken();
  server.heard.length = 0;
});

test("what is told in a basement waits, and goes in order and once when the signal is back", async () => {
  cut();
  for (const lot of ["a", "b", "c"]) assert.equal((await tell(lot)).state, "waiting");
  assert.deepEqual(await states(), ["waiting", "waiting", "waiting"]);
  assert.deepEqual(entries(), []);
  back();
  await woken();
  assert.deepEqual(
    entries().map((one) => one.movements[0].lot),
    ["a", "b", "c"],
  );
  assert.ok(entries().every((one) => one.late));
  assert.deepEqual(await states(), []);
});

test("an act whose answer was lost is sent again with the same id and the same moment", async () => {
  let lost = 2;
  answers(() => (lost-- > 0 ? DEAD : booked));
  const outcome = tell("a");
  await until(() => entries().length === 1);
  await until(async () => {
    await woken();
    return (await states()).length === 0;
  });
  const sent = entries();
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map((one) => `${one.id} ${one.happened_at} ${one.movements[0].id}`)).size, 1);
  await outcome;
});

test("the page of a hotel or of a broken gateway is no answer", async () => {
  for (const odd of [
    { status: 200, type: "text/html", text: "<h1>Welcome</h1>" },
    { status: 403, type: "text/html", text: "blocked" },
    { status: 502, type: "text/html", text: "bad gateway" },
    { status: 201, type: "application/json", text: '{"outcome": {"sta' },
  ]) {
    answers(() => odd);
    await store.enqueue({
      id: odd.text,
      entry: { ...take("a"), id: odd.text },
      person: "keeper",
      state: "waiting",
      tries: 0,
    });
    await woken();
    assert.deepEqual(await states(), ["waiting"], odd.text);
    await store.dismiss((await store.waiting())[0], { state: "dismissed" });
  }
});

test("a refusal is kept for the keeper, and what comes after it goes on", async () => {
  answers(({ body }) => (body.movements[0].lot === "gone" ? json(409, { detail: "Only 0 here." }) : booked));
  cut();
  await tell("gone");
  await tell("there");
  back();
  await woken();
  const [left, ...more] = await store.waiting();
  assert.deepEqual([left.state, left.problem.detail, more.length], ["refused", "Only 0 here.", 0]);
  assert.equal(entries().length, 2);
  // "it did happen": told once more as a late fact
  answers(() => booked);
  await queue.insist(left);
  await until(async () => (await states()).length === 0);
  assert.equal(entries().at(-1).late, true);
  assert.equal(entries().at(-1).id, left.id);
});

test("too many requests and a restart are no verdict", async () => {
  for (const status of [429, 408, 425, 500, 503]) {
    answers(() => json(status, { detail: "later" }));
    cut();
    await tell("a");
    back();
    await woken();
    assert.deepEqual(await states(), ["waiting"], String(status));
    answers(() => booked);
    await woken();
    assert.deepEqual(await states(), [], String(status));
  }
});

test("what one keeper did is never sent in another's name", async () => {
  cut();
  await tell("a");
  back();
  server.reply = (request) => (isMe(request) ? me("officer") : booked);
  session.me = { id: "officer", name: "Officer" };
  await woken();
  assert.deepEqual(entries(), []);
  assert.deepEqual(await states(), ["waiting"]);
  session.me = { id: "keeper", name: "Keeper" };
  answers(() => booked);
  await woken();
  assert.equal(entries().length, 1);
});

test("an ended session keeps what waits and forgets what the server told", async () => {
  await store.keep("shelves:S1", { body: { places: [] } });
  cut();
  await tell("a");
  back();
  server.reply = () => json(401, { detail: "Sign in." });
  await woken();
  assert.deepEqual(await states(), ["waiting"]);
  assert.equal(session.signedOut, true);
  assert.equal(await store.kept("shelves:S1"), undefined);
});

test("taken back before it was sent, nothing is sent; after it was booked, the counter-act is", async () => {
  const undo = {
    entry: { kind: "movements", movements: [{ id: "old", kind: "return", lot: "a" }] },
    what: ["Undone", {}],
  };
  cut();
  const first = await tell("a", { undo });
  assert.equal((await queue.undo(first.id)).state, "withdrawn");
  back();
  await woken();
  assert.deepEqual(entries(), []);
  const second = await tell("a", { undo });
  assert.equal(second.state, "booked");
  assert.equal((await queue.undo(second.id)).state, "booked");
  const [, counter] = entries();
  assert.equal(counter.movements[0].kind, "return");
  assert.notEqual(counter.movements[0].id, "old"); // its own id: undone twice books twice only if done twice
  assert.equal((await store.doneOne(second.id)).undone, true);
});

test("the counter-act of what was refused is never sent", async () => {
  answers(({ body }) => (body.movements[0].kind === "issue" ? json(409, { detail: "no" }) : booked));
  const first = await tell("a");
  assert.equal(first.state, "refused");
  cut();
  await queue.tell({ kind: "movements", movements: [{ id: "x", kind: "return", lot: "a" }] }, { undoes: first.id });
  back();
  await woken();
  assert.deepEqual(
    entries().map((one) => one.movements[0].kind),
    ["issue"],
  );
});

test("pictures go before the word; one that the server will not have is left behind", async () => {
  const photos = ["good", "huge"].map((id) => ({ id, blob: new Blob([id], { type: "image/jpeg" }) }));
  answers(({ path }) => {
    if (path === "/api/photos/huge") return json(413, { detail: "too large" });
    return path.startsWith("/api/photos/") ? json(201, {}) : booked;
  });
  const outcome = await tell("a", { photos });
  assert.equal(outcome.state, "booked");
  assert.deepEqual(
    server.heard.filter((one) => !isMe(one)).map((one) => one.path),
    ["/api/photos/good", "/api/photos/huge", "/api/entries"],
  );
  assert.deepEqual(entries()[0].photos, ["good"]);
  assert.equal(await store.photo("good"), undefined);
});

test("a page that was left meanwhile is not changed by what became of its act", async () => {
  let release;
  answers(() => new Promise((resolve) => (release = () => resolve(booked))));
  const telling = tell("a");
  await until(() => release);
  happens("hashchange");
  release();
  assert.equal((await telling).left, true);
});
