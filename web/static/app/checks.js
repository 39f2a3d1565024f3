// Typing errors are seen on the phone, with the sentence at the field; whether a thing may be booked says the server.
import { _ } from "./texts.js";

const DIGITS = { 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9 };
const TIMES = 10; // so many times the usual amount is asked back

const plain = (text) =>
  String(text ?? "")
    .normalize("NFKC")
    .trim();
/** 1,500 is one and a half to some and fifteen hundred to most: it is asked back. */
const isGrouped = (text) => /^[1-9]\d{0,2}(?:,\d{3})+$/.test(plain(text));
/** A number as typed, or NaN: "3", "2.5", "2，5", full width too. */
export const numberOf = (text) => (!isGrouped(text) && /^\d+(?:[.]\d+)?$/.test(tidy(text)) ? Number(tidy(text)) : NaN);
export const tidy = (text) => plain(text).replace(",", ".");

/** 十, 二十, 三十五, 1,500: what was probably meant, or undefined. */
export function spelled(text) {
  if (isGrouped(text)) return Number(plain(text).replaceAll(",", ""));
  const [, tens, ten, ones] = /^([一二两三四五六七八九])?(十)?([一二两三四五六七八九])?$/.exec(text.trim()) ?? [];
  if (ten) return (DIGITS[tens] ?? 1) * 10 + (DIGITS[ones] ?? 0);
  return tens && !ones ? DIGITS[tens] : undefined;
}

function quantity(text) {
  const meant = spelled(text);
  if (meant) return _("Enter digits: {number}?", { number: meant });
  if (Number.isNaN(numberOf(text))) return _("Enter a number, such as 10.");
  return numberOf(text) > 0 ? "" : _("Enter a quantity above 0.");
}

// A month or a day: 2027-02, 2027-02-15
function date(text) {
  const found = /^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$/.exec(text.trim().normalize("NFKC"));
  const [year, month, day] = found?.slice(1).map((part) => part && Number(part)) ?? [];
  if (!year) return _("Enter a date such as 2027-02 or 2027-02-15.");
  if (month < 1 || month > 12) return _("There is no month {month}.", { month });
  const last = new Date(year, month, 0).getDate();
  return day !== undefined && (day < 1 || day > last) ? _("This month has no day {day}.", { day }) : "";
}

const months = (text) => (/^[1-9]\d{0,2}$/.test(tidy(text)) ? "" : _("Enter whole months, such as 24."));

function reading(text) {
  if (isGrouped(text)) return _("Enter digits: {number}?", { number: spelled(text) });
  return /^-?\d+(?:[.]\d{1,3})?$/.test(tidy(text)) ? "" : _("Enter a number, such as 10.");
}

const KINDS = { reading, quantity, date, months };

/** What is wrong with a field, as a sentence, or "". */
export function faultOf(input) {
  const { value, required, dataset } = input;
  if (!value.trim()) return required ? _("This is needed.") : "";
  return KINDS[dataset.check]?.(value) ?? "";
}

/** Whether two numbers of seals differ by one digit only: one put wrong, left out or doubled. */
export function nearlySame(one, other) {
  if (one === other || Math.abs(one.length - other.length) > 1) return false;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const [rest, otherRest] = [one.slice(at), other.slice(at)];
  return rest.slice(1) === otherRest.slice(1) || rest.slice(1) === otherRest || rest === otherRest.slice(1);
}

/** A quantity that is far from the usual: as a question, or "". */
export function muchMore(wanted, usual) {
  return usual > 0 && wanted >= TIMES * usual
    ? _("Is {count} right? There are {usual} here now.", { count: wanted, usual })
    : "";
}

const iso = (day) => day.toISOString().slice(0, 10);
/** The last usable day by a label's 有效期至 or 失效期, for the phone's own picture until the server's has come. */
export function lastDay(word, text) {
  const [year, month, day] = text
    .trim()
    .normalize("NFKC")
    .split(/[-./年月日]/)
    .filter(Boolean)
    .map(Number);
  if (word === "from") return iso(new Date(Date.UTC(year, month - 1, (day ?? 1) - 1)));
  return iso(day ? new Date(Date.UTC(year, month - 1, day)) : new Date(Date.UTC(year, month, 0)));
}
