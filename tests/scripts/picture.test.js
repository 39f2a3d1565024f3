// The picture of a depot: what the server told, and on top of it what this phone has done and the picture has not.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { json, serve } from "./setup.js";

localStorage.setItem("depot", "S1");
localStorage.setItem("depot-at", String(Date.now()));
const { book, goesBack, lay } = await import("../../web/static/app/book.js");
const { kit, lists, state } = await import("../../web/static/app/gear.js");
const { renew } = await import("../../web/static/app/renewal.js");
const store = await import("../../web/static/app/store.js");
const { session } = await import("../../web/static/app/net.js");

const SHELVES = {
  today: "2026-11-30",
  at: "2026-11-30T00:00:00Z",
  depot: { code: "S1", zh: "一站", en: "One" },
  may: ["keep"],
  places: [
    { id: "shelf", kind: "shelf", position: 1, zh: "A", en: "A" },
    { id: "other", kind: "shelf", position: 2, zh: "B", en: "B" },
    { id: "hands", kind: "holder", position: 3, zh: "手", en: "Hands", mine: true },
    { id: "bag", kind: "kit", position: 4, zh: "包", en: "Bag" },
  ],
  items: [
    { code: "PLI", zh: "钳", en: "Pliers" },
    { code: "BAG", zh: "包", en: "Bag" },
  ],
  lots: [
    { id: "lot", item: "PLI", condition: "fit", expiry: "none" },
    { id: "bag", item: "BAG", condition: "fit", expiry: "none" },
  ],
  stock: [["shelf", "lot", "5"]],
  codes: { ABCDEFGH: "lot" },
  kit_lines: [{ kit: "BAG", item: "PLI", quantity: "2" }],
  seals: [],
  checks: [],
  back: [["hands", "lot", "other", "1"]],
};
const WORK = {
  ...{ loans: [], incidents: [], transfers: [], counts: [], faults: [], proposals: [], hand_outs: [], reclaims: [] },
  held: [],
};
const TASKS = [
  { kind: "check_due", by: ["check"], about: "lot", plan: "MP-001" },
  { kind: "check_due", by: ["check"], about: "lot", plan: "MP-002" },
  { kind: "overdue_loan", by: ["give-back"], about: "loan" },
  { kind: "reclaim", by: ["give-back"], about: "lot" },
  { kind: "transfer_receive", by: ["receive-transfer", "reject-transfer"], about: "way" },
];
const told = { shelves: SHELVES, work: WORK, names: "", version: "1", tasks: TASKS.slice(0, 1) };
const server = await serve(({ path }) => {
  if (path.startsWith("/api/depots?"))
    return json(200, { items: [{ code: "S1", name_zh: "一站", name_en: "One", status: "open" }] });
  if (path.endsWith("/todo")) return json(200, { tasks: told.tasks });
  const none = { version: told.version, at: SHELVES.at, head: {}, buckets: {}, changed: {} };
  if (path.includes("?since=")) return json(200, (path.includes("/shelves") && told.changes) || none);
  const body = path.endsWith("/work") ? told.work : told.shelves;
  const headers = { "readyshelf-version": told.version, "readyshelf-told": told.names };
  return { ...json(200, body), headers };
});

const held = (place) => book.rows.find((row) => row.place === place && row.lot.id === "lot")?.quantity ?? 0;
const act = (id, more = {}) => ({
  ...{ id, person: "keeper", depot: "S1", state: "waiting", tries: 0, entry: { id, kind: "movements" } },
  ...{ effects: [["lot", "shelf", "hands", 2]], ...more },
});

beforeEach(async () => {
  Object.assign(session, { me: { id: "keeper" }, online: true, signedOut: false });
  for (const one of await store.waiting()) await store.dismiss(one, { state: "dismissed" });
  await store.wipeKept();
  Object.assign(told, { shelves: SHELVES, work: WORK, names: "", version: "1", changes: undefined });
  told.tasks = TASKS.slice(0, 1);
  await renew();
  server.heard.length = 0;
});

test("an act that waits lies over the picture, a refused one does not", async () => {
  const waits = await store.enqueue(act("a1"));
  await lay();
  assert.deepEqual([held("shelf"), held("hands")], [3, 2]);
  await store.change({ ...waits, state: "refused" });
  await lay();
  assert.deepEqual([held("shelf"), held("hands")], [5, 0]);
});

test("a booked act stays laid until a picture with it has come, and is never counted twice", async () => {
  const waits = await store.enqueue(act("a2"));
  await store.settle(waits, { state: "booked" });
  await lay();
  assert.deepEqual([held("shelf"), held("hands")], [3, 2]);
  told.changes = {
    ...{ version: "2", at: SHELVES.at, head: {}, buckets: { stock: 1 } },
    changed: {
      stock: {
        0: [
          ["shelf", "lot", "3"],
          ["hands", "lot", "2"],
        ],
      },
    },
  };
  await renew();
  assert.deepEqual([held("shelf"), held("hands")], [3, 2]);
  assert.ok(server.heard.some((one) => one.path.endsWith("/shelves?since=1")));
});

test("an act whose answer was lost, and that the picture names, is in it", async () => {
  await store.enqueue(act("a3"));
  Object.assign(told, {
    shelves: {
      ...SHELVES,
      stock: [
        ["shelf", "lot", "3"],
        ["hands", "lot", "2"],
      ],
    },
    names: "a3",
  });
  await store.wipeKept();
  await renew();
  assert.deepEqual([held("shelf"), held("hands")], [3, 2]);
});

test("a picture that was asked for earlier never takes the place of a later one", async () => {
  const later = { body: { ...SHELVES, stock: [["shelf", "lot", "1"]] }, ticket: 900 };
  assert.equal(await store.keepPicture("shelves", "S1", later, new Set()), true);
  assert.equal(await store.keepPicture("shelves", "S1", { body: SHELVES, ticket: 899 }, new Set()), false);
  await lay();
  assert.equal(held("shelf"), 1);
});

test("what is taken goes back to where it came from, the newest first", async () => {
  await store.enqueue(act("a4"));
  await lay();
  assert.deepEqual(goesBack("hands", "lot", 3), [
    { to: "shelf", quantity: 2 },
    { to: "other", quantity: 1 },
  ]);
  assert.deepEqual(goesBack("hands", "lot", 4).at(-1), { to: undefined, quantity: 1 }); // the server knows
});

test("a condition, a date and a seal that were told stand at once", async () => {
  const sets = [
    { lay: "condition", lot: "lot", condition: "unfit" },
    { lay: "seal", place: "bag", number: "77", at: SHELVES.at },
  ];
  await store.enqueue(act("a5", { effects: [], sets }));
  await lay();
  assert.equal(state(book.lot.get("lot")), "faulty");
  assert.equal(book.shelves.seals[0].number, "77");
  assert.equal(SHELVES.seals.length, 0); // the server's own picture is left as it was told
});

test("a kit lacks what is not in it, and a faulty thing in it does not count", async () => {
  await store.enqueue(act("a6", { effects: [["lot", "shelf", "bag", 2]] }));
  await lay();
  assert.deepEqual(kit("bag").short, []);
  await store.enqueue(act("a7", { effects: [], sets: [{ lay: "condition", lot: "lot", condition: "unfit" }] }));
  await lay();
  assert.deepEqual([kit("bag").short.length, kit("bag").parts[0].held, kit("bag").parts[0].ready], [1, 2, 0]);
});

test("a task that an act of this phone has done is off the list before the server says so", async () => {
  assert.equal(book.todo.length, 1);
  const entry = { id: "a8", kind: "check", lines: [{ thing: "lot", plan: "MP-001" }] };
  await store.enqueue(act("a8", { effects: [], entry }));
  await lay();
  assert.equal(book.todo.length, 0);
});

const kinds = () => book.todo.map((task) => `${task.kind} ${task.plan ?? ""}`.trim());

test("a check that was done leaves the other checks of the same thing on the list, waiting or booked", async () => {
  told.tasks = TASKS.slice(0, 2);
  await renew();
  const entry = { id: "a9", kind: "check", lines: [{ thing: "ABCDEFGH", plan: "MP-002" }] };
  const waits = await store.enqueue(act("a9", { effects: [], entry }));
  await lay();
  assert.deepEqual(kinds(), ["check_due MP-001"]);
  await store.settle(waits, { state: "booked" });
  await lay();
  assert.deepEqual(kinds(), ["check_due MP-001"]);
});

test("a loan of which a part came back stays on the list until the rest is back", async () => {
  const places = [...SHELVES.places, { id: "loan", kind: "holder", position: 5, zh: "居民", en: "Resident" }];
  Object.assign(told, { shelves: { ...SHELVES, places, stock: [["loan", "lot", "3"]] }, tasks: TASKS.slice(2, 4) });
  await store.wipeKept();
  await renew();
  const back = (id, quantity) => {
    const entry = { id, kind: "give-back", lines: [{ thing: "lot", from: "loan", quantity }] };
    return store.enqueue(act(id, { entry, effects: [["lot", "loan", "shelf", quantity]] }));
  };
  await back("b1", 2);
  await lay();
  assert.deepEqual(kinds(), ["overdue_loan", "reclaim"]);
  await back("b2", 1);
  await lay();
  assert.deepEqual(kinds(), []);
});

test("a transfer of which a part arrived stays on the list, and shows what is still on the way", async () => {
  const way = { id: "way", state: "sent", on_the_way: [{ lot: "lot", quantity: "3" }] };
  Object.assign(told, { work: { ...WORK, transfers: [way] }, tasks: TASKS.slice(4) });
  await store.wipeKept();
  await renew();
  const arrives = (id, on_the_way) => {
    const entry = { id, kind: "receive-transfer", transfer: "way", lines: [] };
    const sets = [{ lay: "row", in: "transfers", id: "way", set: { on_the_way } }];
    return store.enqueue(act(id, { entry, effects: [], sets }));
  };
  await arrives("c1", [{ lot: "lot", quantity: "1" }]);
  await lay();
  assert.deepEqual(kinds(), ["transfer_receive"]);
  await arrives("c2", []);
  await lay();
  assert.deepEqual(kinds(), []);
});

test("signed out, the phone shows nothing that the server told", async () => {
  Object.assign(session, { me: undefined, signedOut: true });
  await store.wipeKept();
  await lay();
  assert.deepEqual([book.rows, book.todo, book.shelves.places], [[], [], []]);
});

test("a list that the stored picture is too old to have is empty, and acts of this phone stand in it", async () => {
  assert.deepEqual(lists("newer"), []);
  await store.enqueue(act("a9", { effects: [], adds: { list: "newer", row: { name: "x" } } }));
  await lay();
  assert.deepEqual(lists("newer"), [{ name: "x", id: "a9", waiting: true }]);
});
