// What was begun and not sent: it belongs to who began it, and is there after a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./setup.js";

const drafts = await import("../../web/static/app/drafts.js");
const store = await import("../../web/static/app/store.js");
const { session } = await import("../../web/static/app/net.js");

test("each person has their own, and a reload brings it back", async () => {
  session.me = { id: "ada" };
  await drafts.keepDraft("basket", { lines: [1] });
  session.me = { id: "bo" };
  assert.equal(drafts.draft("basket"), undefined);
  await drafts.keepDraft("basket", { lines: [2] });
  await drafts.openDrafts();
  assert.deepEqual(drafts.draft("basket"), { lines: [2] });
  session.me = { id: "ada" };
  assert.deepEqual(drafts.draft("basket"), { lines: [1] });
  await drafts.dropDraft("basket");
  await drafts.openDrafts();
  assert.equal(drafts.draft("basket"), undefined);
});

test("it counts as written only once the store has it, the last one too", async () => {
  session.me = { id: "ada" };
  drafts.keepDraft("count", 1);
  drafts.keepDraft("count", 2);
  assert.ok(drafts.draftsWritten());
  await drafts.draftsWritten();
  assert.equal(drafts.draftsWritten(), undefined);
  assert.equal((await store.allDrafts()).get("ada count"), 2);
});

test("a store that is full is told, and hangs nothing", async (context) => {
  let told = 0;
  drafts.onDraftFault(() => (told += 1));
  context.mock.method(console, "error", () => {});
  await drafts.keepDraft("form", () => "what no store can hold");
  assert.equal(told, 1);
  await drafts.draftsWritten();
});
