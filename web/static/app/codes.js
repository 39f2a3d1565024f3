// What a scanned or typed text is, as far as a phone can tell by itself; the server has the last word
// (labels/codes/codes.py).
import { book } from "./book.js";

const OURS = /^[2-9A-HJKMNP-Z]{8}$/;
// An asset of ours to GS1 (AI 8004): Digital Link or element string
const ASSET =
  /^(?:https?:\/\/[^/?#]+(?:\/[^?#]*)?\/8004\/|(?:\][A-Za-z]\d)?(?:8004|\(8004\)))\d{6,12}([2-9A-HJKMNP-Z]{8})\/?(?:[?#].*)?$/;
const ADDRESS = /^(?:https?:\/\/[^/?#]+)?(?:\/[^?#]*)?\/q\/([^/?#]+)\/?(?:[?#].*)?$/i;

const NOT_GS1 = /^\](?!C1|d2|e0|Q3|J1)[A-Za-z][0-9A-Za-z](?=.)/;

// { kind: "lot" | "place" | "unknown" | "maker" | "foreign", id?, code?, text }
export function read(raw) {
  // A hand-held scanner may say first what kind of symbol it read: ]Q1
  const text = raw
    .normalize("NFKC")
    .replace(/[\p{Cf}]/gu, "")
    .trim()
    .replace(NOT_GS1, "");
  const address = ASSET.exec(text) ?? ADDRESS.exec(text);
  const bare = (address ? address[1] : text).replace(/[\s\-‐-―−_]/g, "").toUpperCase();
  if (OURS.test(bare) && !/^\d+$/.test(bare)) {
    const id = book.shelves.codes[bare];
    if (id && book.lot.has(id)) return { kind: "lot", id, code: bare, text };
    if (id) return { kind: "place", id, code: bare, text };
    return { kind: "unknown", code: bare, text };
  }
  if (/^(\d{8}|\d{12,14})$/.test(bare) || /^(\](C1|d2|e0|Q3|J1)|\(\d{2,4}\)\S|01\d{14})/.test(text))
    return { kind: "maker", text };
  return { kind: "foreign", text };
}
