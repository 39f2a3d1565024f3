// Texts in both languages: English is the id, Chinese comes with the app. `N_` marks a text that is shown elsewhere.
import { now } from "./clock.js";

let given = {}; // the Chinese by id, and what an English text says of one by the counting name, \u0004 and the id
let language = localStorage.getItem("language") ?? document.documentElement.dataset.default;

export const N_ = (text) => text;
export const zh = () => language === "zh";

export function _(text, params = {}) {
  const ofOne = () =>
    Object.keys(params).find((name) => String(params[name]) === "1" && `${name}\u0004${text}` in given);
  const one = zh() ? undefined : ofOne();
  const said = zh() ? given[text] || text : one ? given[`${one}\u0004${text}`] : text;
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
  given = await (await fetch("/app/texts.json")).json();
}

const { zone } = document.documentElement.dataset; // the depots', whatever the phone is set to
const written = (instant, /** @type {Intl.DateTimeFormatOptions} */ options) =>
  new Date(instant).toLocaleString(zh() ? "zh-CN" : "en-GB", { hour12: false, timeZone: zone, ...options });

/** A moment as people of the city read it: today's time alone, else with the day. No line breaks inside it. */
export function moment(instant) {
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit" };
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { month: "2-digit", day: "2-digit" };
  const whole = { year: /** @type {const} */ ("numeric"), ...day };
  const today = written(instant, whole) === written(now(), whole);
  return written(instant, today ? time : { ...day, ...time }).replaceAll(" ", "\u00a0");
}

/** The same with the year and the seconds. */
export const wholeMoment = (instant) => written(instant, { dateStyle: "short", timeStyle: "medium" });
