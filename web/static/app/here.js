// Where the phone is, and what a code stands for that this depot's picture does not have.
import { ask, session } from "./net.js";

const SHIFT = 12 * 3_600_000; // milliseconds for which a depot counts as chosen, if one has none of one's own
const POSITION_MS = 5_000; // that a position may take

/** Pages outside the app begin there too (depots/here.py). */
export function remember(depot) {
  localStorage.setItem("depot", depot);
  localStorage.setItem("depot-at", String(Date.now()));
  document.cookie = `here=${encodeURIComponent(depot)};path=/;max-age=${SHIFT / 1000};samesite=lax`;
}

const fresh = () => Date.now() - Number(localStorage.getItem("depot-at") ?? 0) < SHIFT;

/** Only where its owner has allowed it before: nobody is asked unprompted. @returns {Promise<string>} or "" */
export async function position() {
  const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => undefined);
  return allowed?.state === "granted" ? askPosition() : "";
}

// Its owner is asked, unless they have answered before.
function askPosition() {
  return new Promise((resolve) =>
    navigator.geolocation
      ? navigator.geolocation.getCurrentPosition(
          ({ coords }) => resolve(`${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`),
          () => resolve(""),
          { timeout: POSITION_MS, maximumAge: 60_000 },
        )
      : resolve(""),
  );
}

/** The depot to open with: the one chosen this shift, else where the server says that the phone is. */
export async function standing(chosen) {
  const scanned = /(?:^|; )here=([^;]+)/.exec(document.cookie)?.[1]; // outside the app too
  if (scanned) return decodeURIComponent(scanned);
  if (chosen && fresh()) return chosen;
  const near = await position();
  if (chosen && !near) return chosen;
  const answer = await ask("GET", `/api/phone/here${near ? `?near=${near}` : ""}`);
  return answer.body?.code ?? chosen;
}

/** The depot nearest to the phone, asked for by its owner; undefined where it cannot be had. */
export async function nearest() {
  const near = await askPosition();
  if (!near) return undefined;
  document.cookie = "here=;path=/;max-age=0"; // the position goes before what was chosen
  return (await ask("GET", `/api/phone/here?near=${near}`)).body?.code;
}

/** What a scanned code is that is not of this depot; undefined where nobody can tell now. */
export async function meantBy(text, depot) {
  if (!session.online) return undefined;
  const answer = await ask(
    "GET",
    `/api/phone/codes/${encodeURIComponent(text)}?from_depot=${encodeURIComponent(depot)}`,
  );
  return answer.ok ? answer.body : undefined;
}
