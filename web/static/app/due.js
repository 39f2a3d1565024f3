// The checks that are due at this depot, as the server told last; what was checked here since is left out at once.
import { book, code } from "./book.js";
import { ask, now, session } from "./net.js";
import { onBooked } from "./queue.js";
import { keep, kept } from "./store.js";
import { draw } from "./ui.js";

const empty = { at: "", plans: [], due: [] };
const local = { code: undefined, body: empty, answered: new Map(), etag: "" };
const keyOf = (row) => `${row.lot} ${row.plan}`;

async function open() {
  if (local.code === code) return;
  const held = (await kept(`checks:${code}`)) ?? {};
  const answered = new Map((await kept(`checked:${code}`)) ?? []);
  Object.assign(local, { code, body: held.body ?? empty, etag: held.etag ?? "", answered });
  draw();
}

/** Bring the list to the phone: when the app begins, when acts were booked, when the page is opened. */
export async function renewDue() {
  if (!session.me || !code) return;
  await open();
  const wanted = code;
  const path = `/api/phone/${encodeURIComponent(wanted)}/checks`;
  const asked = now().toISOString();
  const answer = await ask("GET", path, undefined, undefined, local.etag ? { "if-none-match": local.etag } : {});
  if (!answer.ok || wanted !== local.code) return;
  // as old as the moment it was asked for: what was checked while it came is not in it
  local.body = { ...(answer.status === 304 ? local.body : answer.body), at: asked };
  local.etag = answer.header("etag") ?? "";
  await keep(`checks:${wanted}`, { body: local.body, etag: local.etag });
  draw();
}
onBooked(renewDue);

export async function noteAnswered(row, id) {
  local.answered.set(keyOf(row), { at: now().toISOString(), id });
  await keep(`checked:${local.code}`, [...local.answered]);
}

function isAnswered(row) {
  const act = local.answered.get(keyOf(row));
  if (!act) return false;
  const queued = book.queue.find((one) => one.id === act.id);
  if (queued) return queued.state !== "refused";
  return act.at > local.body.at;
}

/** What is still to be looked at, in shelf order; of one place and one plan, if named. */
export const dueRows = (place, plan) =>
  local.code === code
    ? local.body.due.filter(
        (row) =>
          (!place || row.place === place) && (!plan || row.plan === plan) && book.lot.has(row.lot) && !isAnswered(row),
      )
    : [];
export const planOf = (wanted) => local.body.plans.find((plan) => plan.code === wanted);
