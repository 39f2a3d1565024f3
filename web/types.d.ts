// What our scripts meet and the browser's own types do not describe. What stands in a page is the template's to say, so
// what is looked up there may be any element.
declare module "*/idb.js" {
  export const openDB: (...args: any[]) => Promise<any>;
}
declare module "*/lit-html.js" {
  export const html: (strings: TemplateStringsArray, ...values: any[]) => any;
  export const nothing: any;
  export const render: (value: any, into: any) => any;
  export const svg: typeof html;
}
declare const ZXingWASM: any;
declare const importScripts: (...addresses: string[]) => void;
interface Window {
  echarts: any;
  L: any;
}
// What an event happened to, where a page listens for all of its elements
interface EventTarget {
  id: any;
  checked: any;
  closest: any;
  matches: any;
}
interface ParentNode {
  querySelector(selector: string): any;
  querySelectorAll(selector: string): NodeListOf<any>;
}
interface Document {
  getElementById(id: string): any;
  querySelector(selector: string): any;
  querySelectorAll(selector: string): NodeListOf<any>;
}
interface Element {
  querySelector(selector: string): any;
  querySelectorAll(selector: string): NodeListOf<any>;
}
interface MediaTrackCapabilities {
  torch?: boolean;
}
interface MediaTrackConstraintSet {
  torch?: boolean;
}
