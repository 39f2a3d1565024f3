// Writing a thing's address to an NFC tag, where the browser can (Chrome on Android): held against a phone, the tag
// opens the thing as its printed label does. The button is not there where it would do nothing; a place's page says why.
import { book, may } from "./book.js";
import { _, html, N_, nothing, once, toast } from "./ui.js";

const LONGEST_WAIT = 20_000; // milliseconds for the tag to be found
const FAULTS = {
  AbortError: N_("No tag was found. Hold it against the back of the phone, and try again."),
  TimeoutError: N_("No tag was found. Hold it against the back of the phone, and try again."),
  NotAllowedError: N_("NFC is not allowed for this page. Allow it by the lock in the address bar."),
  NotReadableError: N_("NFC is switched off. Switch it on in the phone's settings."),
  NotSupportedError: N_("This phone or this tag has no NFC that can be written."),
};

const codeOf = (id) => Object.keys(book.shelves.codes).find((code) => book.shelves.codes[code] === id);

async function write(code, name) {
  const Reader = /** @type {any} */ (window).NDEFReader;
  const data = `${document.documentElement.dataset.labelBase}/q/${code}`;
  toast(_("Hold the tag against the back of the phone."), "warn", LONGEST_WAIT / 1000);
  try {
    await new Reader().write({ records: [{ recordType: "url", data }] }, { signal: AbortSignal.timeout(LONGEST_WAIT) });
    toast(_("Written. The tag opens {name} from now on.", { name }));
  } catch (error) {
    toast(_(FAULTS[error.name] ?? N_("The tag was not written. Hold it still, and try again.")), "bad");
  }
}

export function nfcButton(id, name, { explains = false } = {}) {
  if (explains && !("NDEFReader" in window) && may("keep"))
    return html`<p class="hint">${_("This browser cannot write NFC tags; Chrome on Android can.")}</p>`;
  const code = "NDEFReader" in window && may("keep") ? codeOf(id) : undefined;
  if (!code) return nothing;
  return html`<p><button class="quiet wide" @click=${once(() => write(code, name))}>${_("Write to an NFC tag")}</button></p>`;
}
