// Talking to the server. Every answer is one of: { ok, status, body }, or { offline: true } when nobody answered.
import { currentLanguage } from "./texts.js";
import { keep, kept, wipeKept } from "./store.js";

export const session = { me: undefined, signedOut: false, skew: 0, online: navigator.onLine };
const PATIENCE = 12_000; // milliseconds; a basement answers late or never
let csrf = "";

export async function ask(method, path, body, type = "application/json") {
  const headers = { accept: "application/json", "accept-language": currentLanguage() };
  if (body !== undefined) headers["content-type"] = type;
  if (method !== "GET") headers["x-csrftoken"] = csrf;
  try {
    const data = body === undefined || body instanceof Blob || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(path, { method, headers, body: data, signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
    session.online = true;
    const json = answer.headers.get("content-type")?.includes("json") ? await answer.json() : undefined;
    if (answer.status === 401) await signedOut();
    return { ok: answer.ok, status: answer.status, body: json };
  } catch {
    session.online = false;
    return { offline: true, ok: false };
  }
}

// The session is over or was revoked: what the server told is wiped, what is still to be told stays.
async function signedOut() {
  session.signedOut = true;
  session.me = undefined;
  csrf = "";
  await wipeKept();
}

// Who is signed in, by the server, else as kept. Brings the token that goes with every change, and the server's clock.
export async function identify() {
  const answer = await ask("GET", "/api/me");
  if (answer.ok) {
    csrf = answer.body.csrf;
    const before = await kept("me");
    if (before && before.id !== answer.body.id) await wipeKept(); // another keeper took the phone
    session.me = answer.body;
    session.signedOut = false;
    session.skew = Date.parse(answer.body.now) - Date.now();
    await keep("me", session.me);
  } else if (answer.offline) {
    session.me = await kept("me");
  }
  return session.me;
}

// A phone's clock may be wrong: the true time is told by the server's.
export const now = () => new Date(Date.now() + session.skew);

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not on plain http addresses of a local network
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
