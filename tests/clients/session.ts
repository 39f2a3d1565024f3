// What a program does, in TypeScript, by types made from the API's description: tests/test_others_tools.py runs it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths } from "./api.js";

const [address, password, call, secret] = process.argv.slice(2) as [string, string, string, string];
type Problem = components["schemas"]["Problem"];
// What is asked for without `fields`: for the compiler, a list would else be of both its media types at once
type Json = "application/json" | "application/problem+json";

const anybody = createClient<paths, Json>({ baseUrl: address });
async function signedIn(account: string) {
  const { data, error } = await anybody.POST("/api/sign-in", { body: { account, password, name: "typescript" } });
  assert(data, JSON.stringify(error));
  return createClient<paths, Json>({ baseUrl: address, headers: { Authorization: `Bearer ${data.token}` } });
}

const keeper = await signedIn("keeper");
const admin = await signedIn("admin");

// find
const found = await keeper.GET("/api/find", { params: { query: { item: "BRK-014" } } });
assert.deepEqual(
  found.data?.items.map((offer) => offer.depot),
  ["STR-0001"],
);

// take, and the same once more: the answer did not come, say
const take = { id: crypto.randomUUID(), kind: "issue", quantity: "2", item: "BRK-014" } as const;
const first = await keeper.POST("/api/movements", { body: take });
const repeated = await keeper.POST("/api/movements", { body: take });
assert.deepEqual([first.response.status, repeated.response.status], [201, 200]);
assert.deepEqual(repeated.data, first.data);

// more than there is: the problem says how much there is, and names its request
const much = await keeper.POST("/api/movements", { body: { ...take, id: crypto.randomUUID(), quantity: "100" } });
const problem: Problem | undefined = much.error;
assert(problem);
assert(problem.type.endsWith("/not-enough-stock"));
assert.equal(problem["available"], "3");
assert.equal(problem.request_id, much.response.headers.get("x-request-id"));

// return
const back = { id: crypto.randomUUID(), kind: "return", quantity: "2", item: "BRK-014" } as const;
const returned = await keeper.POST("/api/movements", { body: back });
assert.equal(returned.response.status, 201, JSON.stringify(returned.error));

// asked again in vain
const depots = await keeper.GET("/api/depots");
const etag = depots.response.headers.get("etag");
assert(etag);
const again = await keeper.GET("/api/depots", { params: { header: { "If-None-Match": etag } } });
assert.equal(again.response.status, 304);

// import: the file, looked through, entered
const import_id = crypto.randomUUID();
const sheet = ["code,name_zh,name_en,category,unit,tracking", "TSC-001,扳手,Spanner,{category},piece,bulk"].join("\n");
const category = (await keeper.GET("/api/catalogue/categories")).data?.[0]?.code;
assert(category);
const sent = await admin.PUT("/api/imports/{import_id}", {
  params: { path: { import_id }, query: { subject: "catalogue", name: "items.csv" } },
  headers: { "Content-Type": "text/csv" },
  body: sheet.replace("{category}", category),
  bodySerializer: (text) => text,
});
assert.equal(sent.response.status, 201, JSON.stringify(sent.error));
const started = await admin.POST("/api/imports/{import_id}/start", {
  params: { path: { import_id } },
  body: { act: "enter" },
});
assert.equal(started.response.status, 202, JSON.stringify(started.error));
let run = started.data;
while (run?.state === "running") {
  await new Promise((resolve) => setTimeout(resolve, 100));
  run = (await admin.GET("/api/imports/{import_id}", { params: { path: { import_id } } })).data;
}
assert.deepEqual([run?.state, run?.faults], ["done", []], JSON.stringify(run));
const item = await keeper.GET("/api/catalogue/items/{item_code}", { params: { path: { item_code: "TSC-001" } } });
assert.equal(item.data?.name_en, "Spanner");

// webhook: a call of ours is believed, a changed one is not
const received = JSON.parse(await readFile(call, "utf8")) as { body: string; headers: Record<string, string> };
const webhook = new Webhook(secret);
assert.deepEqual(webhook.verify(received.body, received.headers), JSON.parse(received.body));
assert.throws(() => webhook.verify(`${received.body} `, received.headers));

console.log("all done");
