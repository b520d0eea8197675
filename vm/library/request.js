"use strict";
// Request: https://fetch.spec.whatwg.org/#request-class

const { describe, need, usv, byteString } = shared("webidl");
const { hrefOf } = shared("href");
const { Headers, clone: cloneHeaders, isToken } = shared("headers");
const { extract, include } = shared("body");

const values = {
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  credentials: ["omit", "same-origin", "include"],
  duplex: ["half"],
  mode: ["navigate", "same-origin", "no-cors", "cors"],
  priority: ["high", "low", "auto"],
  redirect: ["follow", "error", "manual"],
  referrerPolicy: [
    "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
  ],
};
const defaults = {
  method: "GET", referrer: "about:client", referrerPolicy: "", mode: "cors", credentials: "same-origin", cache: "default",
  redirect: "follow", integrity: "", keepalive: false, signal: null, body: null,
};

let stateOf, isRequest;

function oneOf(name, value) {
  const text = `${value}`;
  if (!values[name].includes(text)) throw new TypeError(`${name} cannot be ${JSON.stringify(text.slice(0, 100))}`);
  return text;
}

const convert = {
  body: (value) => value, headers: (value) => value,
  integrity: (value) => `${value}`, keepalive: Boolean, method: byteString, referrer: usv, window: (value) => value,
  signal(value) {
    if (value !== null && (typeof value !== "object" || typeof value.aborted !== "boolean" || typeof value.addEventListener !== "function")) {
      throw new TypeError("signal must be an AbortSignal or null");
    }
    return value;
  },
};
const members = [
  "body", "cache", "credentials", "duplex", "headers", "integrity", "keepalive", "method", "mode", "priority", "redirect", "referrer",
  "referrerPolicy", "signal", "window",
];

// initOf reads a RequestInit: the members that are there, converted.
function initOf(init) {
  const read = {};
  if (init === undefined || init === null) return read;
  if (typeof init !== "object" && typeof init !== "function") throw new TypeError("The second argument of a Request must be an object");
  for (const name of members) {
    const value = init[name];
    if (value !== undefined) read[name] = convert[name] ? convert[name](value) : oneOf(name, value);
  }
  return read;
}

// methodOf is https://fetch.spec.whatwg.org/#concept-method-normalize.
function methodOf(text) {
  const upper = text.toUpperCase();
  if (!isToken(text) || ["CONNECT", "TRACE", "TRACK"].includes(upper)) {
    throw new TypeError(`The method ${JSON.stringify(text.slice(0, 100))} is not allowed`);
  }
  return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].includes(upper) ? upper : text;
}

function checkInit(init, state) {
  if ("window" in init && init.window !== null) throw new TypeError("window can only be null");
  if (init.mode === "navigate") throw new TypeError("The mode of a Request cannot be navigate");
  if (init.referrer) init.referrer = hrefOf(init.referrer);
  Object.assign(state, init);
  if (state.cache === "only-if-cached" && state.mode !== "same-origin") throw new TypeError("The cache only-if-cached needs the mode same-origin");
  if (init.method !== undefined) state.method = methodOf(init.method);
}

class Request {
  #state;

  static {
    stateOf = (request) => request.#state;
    isRequest = (value) => typeof value === "object" && value !== null && #state in value;
  }

  constructor(input, init = undefined) {
    need(1, arguments, "Request");
    const from = isRequest(input) ? input.#state : undefined;
    const url = from ? from.url : usv(input);
    const given = initOf(init);
    const state = from ? { ...from } : { ...defaults, url: hrefOf(url, true) };
    state.headers = state.body = state.own = undefined;
    checkInit(given, state);
    state.headers = given.headers !== undefined ? new Headers(given.headers) : from ? cloneHeaders(from.headers) : new Headers();
    state.body = this.#bodyOf(given, state, from?.body ?? null);
    this.#state = state;
  }

  #bodyOf(init, state, inherited) {
    const replaced = init.body !== undefined && init.body !== null;
    if ((replaced || inherited) && (state.method === "GET" || state.method === "HEAD")) {
      throw new TypeError(`A Request of the method ${state.method} has no body`);
    }
    if (!replaced) return inherited && inherited.handOver();
    const { body, type } = extract(init.body);
    if (body.stream && init.duplex === undefined) throw new TypeError("A Request with a stream as its body needs duplex: \"half\"");
    if (type !== null && !state.headers.has("content-type")) state.headers.append("content-type", type);
    return body;
  }

  get method() { return this.#state.method; }
  get url() { return this.#state.url; }
  get headers() { return this.#state.headers; }
  get destination() { return this.#state && ""; }
  get referrer() { return this.#state.referrer; }
  get referrerPolicy() { return this.#state.referrerPolicy; }
  get mode() { return this.#state.mode; }
  get credentials() { return this.#state.credentials; }
  get cache() { return this.#state.cache; }
  get redirect() { return this.#state.redirect; }
  get integrity() { return this.#state.integrity; }
  get keepalive() { return this.#state.keepalive; }
  get isReloadNavigation() { return this.#state && false; }
  get isHistoryNavigation() { return this.#state && false; }
  get duplex() { return this.#state && "half"; }

  // signal follows the one that was given. It is made when a script asks for it.
  get signal() {
    const state = this.#state;
    state.own ??= shared("abort").AbortSignal.any(state.signal ? [state.signal] : []);
    return state.own;
  }

  clone() {
    const { body, headers } = this.#state;
    const other = body && body.branch();
    const request = new Request(this.#state.url);
    request.#state = { ...this.#state, headers: cloneHeaders(headers), body: other, own: undefined };
    return request;
  }
}
include(Request, stateOf);
describe(Request);

// inspect returns what a Request shows to people.
function inspect(value) {
  if (!isRequest(value)) return undefined;
  const { method, url, headers, body } = stateOf(value);
  return { method, url, headers, bodyUsed: body?.isUsed() ?? false };
}

return { Request, stateOf, inspect };
