// Dates inside a text stay whole: a browser breaks a line at their hyphens.
import { html } from "/vendor/lit-html.js";

const DAY = /(\d{4}-\d\d(?:-\d\d)?)/;
/** @param {string} text */
export const days = (text) =>
  text.split(DAY).map((part, number) => (number % 2 ? html`<span class="day">${part}</span>` : part));
