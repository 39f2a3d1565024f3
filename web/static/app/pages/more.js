// The rest: lists, language, the desk's pages, signing out.
import { book, may } from "../book.js";
import { ask, session } from "../net.js";
import { wipeKept } from "../store.js";
import { setLanguage, wholeMoment, zh } from "../texts.js";
import { _, draw, html, nobody, once } from "../ui.js";
import { OF_KEEPERS, UNDER_MORE } from "./register.js";

const LINKS = () => UNDER_MORE().filter(([to]) => may("keep") || !OF_KEEPERS.includes(to));

async function switchLanguage() {
  setLanguage(zh() ? "en" : "zh");
  draw();
  await ask(
    "POST",
    "/language",
    new URLSearchParams({ language: zh() ? "zh" : "en", next: "/healthz" }).toString(),
    "application/x-www-form-urlencoded",
  );
}

// What waits stays, for this keeper; what the server told is wiped.
async function signOut() {
  await ask("POST", "/sign-out", "", "application/x-www-form-urlencoded");
  await wipeKept();
  location.href = "/sign-in?next=/app";
}

export default {
  title: () => _("More"),
  public: true,
  view() {
    return html`<ul class="list">
        ${LINKS().map(
          ([to, word]) =>
            html`<li>
              <a href="#/${to}"><span>${word}</span><span aria-hidden="true">›</span></a>
            </li>`,
        )}
      </ul>
      <h2>${_("Web pages")}</h2>
      <ul class="list">
        <li>
          <a href="/dashboard"><span>${_("Dashboard")}</span><span aria-hidden="true">›</span></a>
        </li>
        <li>
          <a href="/alerts"><span>${_("All alerts")}</span><span aria-hidden="true">›</span></a>
        </li>
        <li>
          <a href="/account"><span>${_("My account and devices")}</span><span aria-hidden="true">›</span></a>
        </li>
      </ul>
      <p>
        <button class="quiet wide" lang=${zh() ? "en" : "zh-CN"} @click=${once(switchLanguage)}>
          ${zh() ? "English" : "中文"}
        </button>
      </p>
      ${
        session.me
          ? html`<p class="soft">
                ${session.me.name} (${session.me.account})
                <span class="line"
                  >${book.shelves.at ? _("Stock as of {time}", { time: wholeMoment(book.shelves.at) }) : ""}</span
                >
              </p>
              <p><button class="quiet wide" @click=${once(signOut)}>${_("Sign out")}</button></p>`
          : nobody()
      }`;
  },
};
