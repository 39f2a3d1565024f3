// What the app's modules look at when they are loaded, for node's own test runner: the database is a whole IndexedDB,
// the server of a test is a real one; the rest of a browser is tried in a real browser (tests/phone).
import "fake-indexeddb/auto";
import { createServer } from "node:http";
import { register } from "node:module";

register("./vendor.js", import.meta.url);

const events = new EventTarget();
const values = new Map();
const browser = {
  addEventListener: (kind, listener) => events.addEventListener(kind, listener),
  navigator: { onLine: true },
  location: { hash: "" },
  document: {
    visibilityState: "visible",
    cookie: "",
    documentElement: { dataset: { default: "en", zone: "Asia/Shanghai" } },
    addEventListener() {},
  },
  localStorage: {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, String(value)),
    removeItem: (key) => values.delete(key),
  },
};
for (const [name, value] of Object.entries(browser))
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

/** Tell the page of an event of the window: "online", "hashchange". */
export const happens = (kind) => events.dispatchEvent(new Event(kind));

const asked = fetch;
let base = "";
globalThis.fetch = (path, options) => asked(new URL(path, base), options);

/** An answer as the product gives it. */
export const json = (status, body) => ({
  status,
  type: status < 400 ? "application/json" : "application/problem+json",
  text: JSON.stringify(body),
});
export const me = (id) => json(200, { id, name: id, csrf: `token of ${id}` });
export const booked = json(201, { outcome: { state: "booked", result: {} } });
/** The line goes dead before an answer has come. */
export const DEAD = { dead: true };

/**
 * A server that answers by `reply`, which a test may set anew; `heard` are the requests, with their bodies.
 * @returns {Promise<{ heard: any[], reply: (request: any) => any, url: string }>}
 */
export async function serve(reply) {
  const one = { heard: [], reply, url: "" };
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const bytes = Buffer.concat(parts);
    const isText = request.headers["content-type"] === "application/json";
    const told = { method: request.method, path: request.url, headers: request.headers };
    const entry = { ...told, body: isText ? JSON.parse(bytes.toString()) : bytes.toString() };
    one.heard.push(entry);
    const answer = await one.reply(entry);
    if (answer.dead) return void response.destroy();
    response.writeHead(answer.status, { "content-type": answer.type, ...answer.headers });
    response.end(answer.text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  base = one.url = `http://127.0.0.1:${server.address().port}`;
  return one;
}

/** Wait until something holds; the runner's own limit ends what never does. */
export async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
