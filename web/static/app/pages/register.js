// The pages of the app: how each is fetched, and which stand under "More". A new page has its file beside this one,
// and its lines here.
import { _ } from "../ui.js";

// Fetched when they are first opened; the service worker has them all.
export const PAGES = {
  "": () => import("./home.js"),
  scan: () => import("./scan.js"),
  find: () => import("./find.js"),
  thing: () => import("./thing.js"),
  place: () => import("./place.js"),
  kit: () => import("./kit.js"),
  hands: () => import("./hands.js"),
  lend: () => import("./lend.js"),
  loans: () => import("./loans.js"),
  incident: () => import("./incident.js"),
  incidents: () => import("./incidents.js"),
  transfer: () => import("./transfer.js"),
  transfers: () => import("./transfers.js"),
  receive: () => import("./receive.js"),
  counts: () => import("./counts.js"),
  count: () => import("./count.js"),
  checks: () => import("./checks.js"),
  handover: () => import("./handover.js"),
  faults: () => import("./faults.js"),
  proposals: () => import("./proposals.js"),
  witness: () => import("./witness.js"),
  outbox: () => import("./outbox.js"),
  more: () => import("./more.js"),
  q: () => import("./code.js"),
};

/** @type {() => [string, string][]} */
export const UNDER_MORE = () => [
  ["hands", _("In my hands")],
  ["loans", _("Loans")],
  ["incidents", _("Call-outs")],
  ["transfers", _("Transfers")],
  ["receive", _("Receive")],
  ["checks", _("Checks due")],
  ["faults", _("Faults")],
  ["handover", _("Handover")],
  ["witness", _("Two-person issue")],
  ["outbox", _("Sent and waiting")],
];
// What somebody may do nothing with is not offered to them.
export const OF_KEEPERS = ["loans", "transfers", "receive", "faults", "handover"];
