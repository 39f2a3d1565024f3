// Talking to the server. Every answer is one of: { ok, status, body, ours }, or { offline: true } when nobody answered.
// Only what the server itself says counts: a proxy's or a hotel's page is no answer (`ours` is false), and only delays.
import { noteContact, now } from "./clock.js";
import { keep, kept, wipeKept } from "./store.js";
import { currentLanguage } from "./texts.js";

export { now };
// `asked`: whether it is known by now who is signed in, and what their depot holds
export const session = { me: undefined, signedOut: false, online: navigator.onLine, asked: false };
const ANSWER_MS = 12_000; // a basement answers late or never
const DELAYS = [401, 408, 425, 429]; // refusals that say nothing about what was sent
let csrf = "";

/**
 * @typedef {{ ok: boolean, ours?: boolean, status?: number, body?: any, offline?: boolean,
 *   header?: (name: string) => string | null }} Answer
 */

/** @returns {Promise<Answer>} */
export async function ask(method, path, body, type = "application/json", more = {}) {
  const headers = { accept: "application/json", "accept-language": currentLanguage(), ...more };
  if (body !== undefined) headers["content-type"] = type;
  if (method !== "GET") headers["x-csrftoken"] = csrf;
  const asked = Date.now();
  try {
    const data = body === undefined || body instanceof Blob || typeof body === "string" ? body : JSON.stringify(body);
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(path, { method, headers, body: data, signal, cache: "no-store", redirect: "manual" });
    return await read(answer, asked, path);
  } catch {
    session.online = false;
    return { offline: true, ok: false, ours: false };
  }
}

async function read(answer, asked, path) {
  const [kind] = (answer.headers.get("content-type") ?? "").split(";");
  const known = answer.status === 304 && answer.headers.has("etag");
  const ours = known || kind === (answer.ok ? "application/json" : "application/problem+json");
  const body = ours && !known ? parsed(await answer.text()) : undefined;
  if (path.startsWith("/api/")) session.online = ours; // pages answer with pages
  if (ours) noteContact(answer.headers.get("date"), asked);
  if (ours && answer.status === 401) await signedOut();
  const { status, headers } = answer;
  return { ok: ours && (answer.ok || known), ours, status, body, header: (name) => headers.get(name) };
}

// A body that was cut off half way is no answer: the error counts as "nobody answered".
const parsed = (text) => (text ? JSON.parse(text) : undefined);

/** Whether the server itself has judged what was sent, so that sending it again would change nothing. */
export const isVerdict = (/** @type {Answer} */ { ours, ok, status }) =>
  Boolean(ours) && !ok && status >= 400 && status < 500 && !DELAYS.includes(status);

// The session is over or was revoked: what the server told is wiped, what is still to be told stays.
async function signedOut() {
  session.signedOut = true;
  session.me = undefined;
  csrf = "";
  await wipeKept();
}

/** Who is signed in, by the server, else as kept. Brings the token that goes with every change. */
export async function identify() {
  const answer = await ask("GET", "/api/me");
  if (answer.ok) {
    csrf = answer.body.csrf;
    const before = await kept("me");
    if (before && before.id !== answer.body.id) await wipeKept(); // another keeper took the phone
    session.me = answer.body;
    session.signedOut = false;
    await keep("me", session.me);
  } else if (!session.signedOut) {
    session.me = await kept("me");
  }
  return session.me;
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not on plain http addresses of a local network
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
