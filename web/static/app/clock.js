// A phone's clock may be wrong. How far it is off is measured at each contact with the server, and kept.
import { own, keepOwn } from "./store.js";

const COARSE = 2_500; // milliseconds: the server's Date has whole seconds, and an answer takes its time
const SAME = 120_000; // milliseconds: less is no change of the clock

/** @type {{ offset: number, seen?: number, measured: boolean }} `seen`: the server's time at the last contact */
const clock = { offset: 0, seen: undefined, measured: false };

/** The true time, as far as this phone knows it. */
export const now = () => new Date(Date.now() + clock.offset);

/** What was kept from the last contact, perhaps days ago. */
export async function openClock() {
  const kept = await own("clock");
  if (kept) Object.assign(clock, kept, { measured: clock.measured });
}

/**
 * Note the server's time from an answer of its own.
 * @param {string | null} date of the answer
 * @param {number} asked this phone's time when it was asked for
 */
export function noteContact(date, asked) {
  const server = Date.parse(date ?? "");
  if (Number.isNaN(server)) return;
  const got = Date.now();
  const offset = server + 500 - (asked + got) / 2;
  const slack = COARSE + (got - asked) / 2;
  const first = !clock.measured;
  if (first || Math.abs(offset - clock.offset) > slack)
    clock.offset = Math.abs(offset) < slack ? 0 : Math.round(offset);
  clock.seen = server;
  clock.measured = true;
  if (first || Math.abs(offset - clock.offset) > slack || server - (lastKept ?? 0) > 60_000) {
    lastKept = server;
    keepOwn("clock", { offset: clock.offset, seen: server });
  }
}
let lastKept;

/** How the clock stands, to be written down with an act. */
export const stamp = () => ({
  device: Date.now(),
  offset: clock.seen === undefined ? undefined : clock.offset,
  seen: clock.seen,
});

/**
 * When an act truly happened, worked out just before it is first sent, when the clock has been measured anew.
 * Where two offsets are possible (the clock was set meanwhile) the one is taken that lies between the contacts before
 * and after; what cannot be known is flagged, never refused.
 * @param {{ device: number, offset?: number, seen?: number }} at
 */
export function trueTime({ device, offset, seen }) {
  const latest = device + clock.offset;
  const sure = offset !== undefined && Math.abs(offset - clock.offset) <= SAME;
  const possible = (instant) => instant <= Date.now() + clock.offset && instant >= (seen ?? 0) - SAME;
  const chosen =
    sure || (offset !== undefined && !possible(latest) && possible(device + offset)) ? offset : clock.offset;
  const instant = Math.min(device + chosen, Date.now() + clock.offset);
  return { instant: new Date(instant), offset_seconds: Math.round(chosen / 1000), sure };
}
