// The served libraries by their addresses, from where npm has put them (package.json, "vendor").
import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const { vendor } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf-8"));

export function resolve(name, context, next) {
  if (!name.startsWith("/vendor/")) return next(name, context);
  return { url: new URL(`node_modules/${vendor[name.slice("/vendor/".length)]}`, ROOT).href, shortCircuit: true };
}
