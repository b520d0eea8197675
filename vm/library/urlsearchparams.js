"use strict";
// URLSearchParams: https://url.spec.whatwg.org/#interface-urlsearchparams

const { describe, need, usv } = shared("webidl");
const { iterable } = shared("pairs");

// pairsOf makes the list of a constructor's argument: https://url.spec.whatwg.org/#urlsearchparams-initialize
function pairsOf(init) {
  if (init === null || typeof init !== "object" && typeof init !== "function") {
    const text = `${init}`;
    return parsed(text[0] === "?" ? text.slice(1) : text);
  }
  const method = init[Symbol.iterator];
  return method === undefined || method === null ? ofRecord(init) : ofSequence(init);
}

function parsed(query) {
  const list = [];
  const found = native.parse(query);
  for (let i = 0; i < found.length; i += 2) list.push([found[i], found[i + 1]]);
  return list;
}

function ofSequence(init) {
  const list = [];
  for (const item of init) {
    if (item === null || typeof item !== "object" && typeof item !== "function") throw new TypeError("A pair must be a sequence");
    const pair = [];
    for (const part of item) pair.push(usv(part));
    if (pair.length !== 2) throw new TypeError("A pair must be a name and a value");
    list.push(pair);
  }
  return list;
}

function ofRecord(init) {
  const list = [];
  const places = new Map();
  for (const key of Reflect.ownKeys(init)) {
    if (!Reflect.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    const name = usv(key);
    const value = usv(init[key]);
    if (places.has(name)) {
      list[places.get(name)][1] = value; // two keys that differ in halves of surrogate pairs
    } else {
      places.set(name, list.length);
      list.push([name, value]);
    }
  }
  return list;
}

class URLSearchParams {
  #list;
  #changed = null; // tells the URL whose query this is

  constructor(init = "") { this.#list = pairsOf(init); }

  static list(params) { return params.#list; }
  static is(value) { return #list in value; }
  static load(params, query) { params.#list = parsed(query); }
  static text(params) { return params.#text(); }
  static link(params, changed) { params.#changed = changed; }

  get size() { return this.#list.length; }

  append(name, value) {
    need(2, arguments, "append");
    this.#list.push([usv(name), usv(value)]);
    this.#changed?.();
  }

  delete(name, value = undefined) {
    need(1, arguments, "delete");
    const other = differs(name, value);
    this.#list = this.#list.filter(other);
    this.#changed?.();
  }

  get(name) {
    need(1, arguments, "get");
    name = usv(name);
    for (const pair of this.#list) if (pair[0] === name) return pair[1];
    return null;
  }

  getAll(name) {
    need(1, arguments, "getAll");
    name = usv(name);
    return this.#list.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    need(1, arguments, "has");
    return !this.#list.every(differs(name, value));
  }

  set(name, value) {
    need(2, arguments, "set");
    name = usv(name);
    value = usv(value);
    let found = false;
    this.#list = this.#list.filter((pair) => pair[0] !== name || !found && (found = true, pair[1] = value, true));
    if (!found) this.#list.push([name, value]);
    this.#changed?.();
  }

  sort() {
    this.#list.sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
    this.#changed?.();
  }

  toString() { return this.#text(); }

  #text() { return this.#list.map((pair) => `${native.encode(pair[0])}=${native.encode(pair[1])}`).join("&"); }
}

// differs returns what tells whether a pair has another name or, where one is given, another value.
function differs(name, value) {
  name = usv(name);
  if (value === undefined) return (pair) => pair[0] !== name;
  value = usv(value);
  return (pair) => pair[0] !== name || pair[1] !== value;
}

const { list, is, load, text, link } = URLSearchParams;
for (const name of ["list", "is", "load", "text", "link"]) delete URLSearchParams[name];
describe(URLSearchParams);
iterable(URLSearchParams, list);

function isParams(value) { return typeof value === "object" && value !== null && is(value); }

// inspect returns what URLSearchParams show to people.
function inspect(value) { return isParams(value) ? list(value) : undefined; }

return { URLSearchParams, isParams, load, text, link, inspect };
