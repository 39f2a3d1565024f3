// Texts in both languages: English is the id, Chinese comes with the app. `N_` marks a text that is shown elsewhere.
let chinese = {};
let language = localStorage.getItem("language") ?? document.documentElement.dataset.default;

export const N_ = (text) => text;
export const zh = () => language === "zh";

export function _(text, params = {}) {
  const said = (zh() && chinese[text]) || text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
}

// The Chinese or English one of a pair such as { zh, en }, or { item_zh, item_en } with the prefix "item_".
export const either = (row, prefix = "") => row?.[`${prefix}${zh() ? "zh" : "en"}`] ?? "";
export const listed = (words) => words.join(zh() ? "、" : ", ");
/** A word and what it is about, with the colon of the language. */
export const labelled = (word, about) => (about ? `${word}${zh() ? "：" : ": "}${about}` : word);
export const currentLanguage = () => language;

export function setLanguage(wanted) {
  language = wanted === "en" ? "en" : "zh";
  localStorage.setItem("language", language);
  document.documentElement.lang = zh() ? "zh-CN" : "en";
}

export async function loadTexts() {
  setLanguage(language);
  chinese = await (await fetch("/app/texts.json")).json();
}

// A moment as people of the city read it: today's time alone, else with the day.
export function moment(instant) {
  const at = new Date(instant);
  const sameDay = at.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const options = {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...(sameDay ? {} : { month: "2-digit", day: "2-digit" }),
  };
  return at.toLocaleString(zh() ? "zh-CN" : "en-GB", options);
}
