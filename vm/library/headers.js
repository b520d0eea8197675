"use strict";
// Headers: https://fetch.spec.whatwg.org/#headers-class

const { describe, need, byteString, sequence } = shared("webidl");
const { iterable } = shared("pairs");

const { apply, ownKeys } = Reflect;
const { propertyIsEnumerable } = Object.prototype;

let internals; // of the class, for the other modules

class Headers {
  #list = []; // of [name in lower case, value], in the order in which they were added
  #sorted; // what is iterated, until the list changes
  #immutable = false;

  static {
    internals = {
      isHeaders: (value) => #list in value,
      listOf: (headers) => headers.#list,
      // made returns headers with a list, which nobody may change if they are immutable.
      made(list, immutable) {
        const headers = new Headers();
        headers.#list = list;
        headers.#immutable = immutable;
        return headers;
      },
      pairsOf: (headers) => headers.#pairs(),
      // ensure adds a header where there is none of its name.
      ensure(headers, name, value) {
        if (!headers.#list.some((entry) => entry[0] === name)) headers.#add(name, value);
      },
    };
  }

  constructor(init = undefined) {
    if (init !== undefined) this.#fill(init);
  }

  // https://fetch.spec.whatwg.org/#concept-headers-fill
  #fill(init) {
    if (init === null || typeof init !== "object" && typeof init !== "function") {
      throw new TypeError("Headers must be an object or a list of pairs");
    }
    const iterate = init[native.iterator];
    if (iterate !== undefined && iterate !== null) {
      if (typeof iterate !== "function") throw new TypeError("Headers must be an object or a list of pairs");
      const pairs = sequence(init, iterate, (pair) => {
        const each = pair !== null && typeof pair === "object" ? pair[native.iterator] : undefined;
        if (typeof each !== "function") throw new TypeError("Each header must be a list of a name and a value");
        return sequence(pair, each, byteString);
      });
      for (let i = 0; i < pairs.length; i++) {
        if (pairs[i].length !== 2) throw new TypeError("Each header must be a list of a name and a value");
        this.#add(pairs[i][0], pairs[i][1]);
      }
      return;
    }
    const keys = ownKeys(init), record = []; // https://webidl.spec.whatwg.org/#js-record
    for (let i = 0; i < keys.length; i++) {
      if (!apply(propertyIsEnumerable, init, [keys[i]])) continue;
      if (typeof keys[i] === "symbol") throw new TypeError("The name of a header must be a text");
      record[record.length] = [byteString(keys[i]), byteString(init[keys[i]])];
    }
    for (let i = 0; i < record.length; i++) this.#add(record[i][0], record[i][1]);
  }

  #add(name, value) {
    const given = [nameOf(name), valueOf(value)];
    this.#own();
    this.#list[this.#list.length] = given;
    this.#sorted = undefined;
  }

  // https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
  #pairs() {
    if (this.#sorted) return this.#sorted;
    const combined = new Map(), cookies = [];
    for (const [name, value] of this.#list) {
      if (name === "set-cookie") cookies.push([name, value]);
      else if (combined.has(name)) combined.get(name).push(value);
      else combined.set(name, [value]);
    }
    const pairs = [...combined].map(([name, values]) => [name, values.join(", ")]);
    this.#sorted = pairs.concat(cookies).sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
    return this.#sorted;
  }

  #change(list) {
    this.#list = list;
    this.#sorted = undefined;
  }

  // own throws where nobody may change these headers.
  #own() {
    if (this.#immutable) throw new TypeError("The headers are immutable");
  }

  append(name, value) {
    need(2, arguments, "append");
    this.#add(byteString(name), byteString(value));
  }

  delete(name) {
    need(1, arguments, "delete");
    const given = nameOf(byteString(name));
    this.#own();
    this.#change(this.#list.filter((entry) => entry[0] !== given));
  }

  get(name) {
    need(1, arguments, "get");
    const given = nameOf(byteString(name));
    const values = this.#list.filter((entry) => entry[0] === given);
    return values.length === 0 ? null : values.map((entry) => entry[1]).join(", ");
  }

  getSetCookie() { return this.#list.filter((entry) => entry[0] === "set-cookie").map((entry) => entry[1]); }

  has(name) {
    need(1, arguments, "has");
    const given = nameOf(byteString(name));
    return this.#list.some((entry) => entry[0] === given);
  }

  set(name, value) {
    need(2, arguments, "set");
    const given = [nameOf(byteString(name)), valueOf(byteString(value))];
    this.#own();
    const first = this.#list.findIndex((entry) => entry[0] === given[0]);
    if (first < 0) this.#change([...this.#list, given]);
    else this.#change(this.#list.filter((entry, i) => i <= first || entry[0] !== given[0]).with(first, given));
  }
}

function nameOf(text) {
  const name = native.name(text);
  if (name === null) throw new TypeError(`${JSON.stringify(text.slice(0, 100))} cannot be the name of a header`);
  return name;
}

function valueOf(text) {
  const value = native.value(text);
  if (value === null) throw new TypeError("The value of a header cannot have line breaks or zero bytes");
  return value;
}

iterable(Headers, internals.pairsOf);
describe(Headers);

const { isHeaders, listOf, made, pairsOf, ensure } = internals;

// plain returns headers as an object with a list for cookies, for the output of a script and for people.
function plain(headers) {
  if (!isHeaders(headers)) return undefined;
  const object = Object.create(null);
  for (const [name, value] of pairsOf(headers)) {
    if (name !== "set-cookie") object[name] = value;
    else if (object[name]) object[name].push(value);
    else object[name] = [value];
  }
  return object;
}

// lines returns headers as lines, a name and a value in turn.
function lines(headers) {
  const list = listOf(headers);
  let text = "";
  for (let i = 0; i < list.length; i++) text += `${list[i][0]}\n${list[i][1]}\n`;
  return text;
}

// received returns the headers of an answer, which nobody may change. They come as lines, a name and a value in turn.
function received(fields) {
  const list = [], each = fields.split("\n");
  for (let i = 0; i < each.length - 1; i += 2) list[list.length] = [each[i], each[i + 1]];
  return made(list, true);
}

// clone returns headers of their own with the same content.
function clone(headers, immutable = false) { return made([...listOf(headers)], immutable); }

return { Headers, ensure, listOf, made, lines, received, clone, plain, inspect: plain, isToken: (text) => native.name(text) !== null };
