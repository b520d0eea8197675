"use strict";
// What a request is made of: https://fetch.spec.whatwg.org/#dom-request
//
// fetch needs no more than this. The class is for scripts that have requests as objects.

const { usv, byteString } = shared("webidl");

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
  __proto__: null, method: "GET", referrer: "about:client", referrerPolicy: "", mode: "cors", credentials: "same-origin", cache: "default",
  redirect: "follow", integrity: "", keepalive: false, signal: null, own: undefined, body: null, headers: undefined,
};

function oneOf(name, value) {
  const text = `${value}`;
  if (!values[name].includes(text)) throw new TypeError(`${name} cannot be ${JSON.stringify(text.slice(0, 100))}`);
  return text;
}

const convert = {
  body: (value) => value, headers: (value) => value,
  integrity: (value) => `${value}`, keepalive: Boolean, method: byteString, referrer: usv, window: (value) => value,
  signal(value) {
    if (value !== null && !shared("abort", true)?.isSignal(value)) throw new TypeError("signal must be an AbortSignal or null");
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
  for (let i = 0; i < members.length; i++) {
    const name = members[i], value = init[name];
    if (value !== undefined) read[name] = convert[name] ? convert[name](value) : oneOf(name, value);
  }
  return read;
}

// methodOf is https://fetch.spec.whatwg.org/#concept-method-normalize.
function methodOf(text) {
  const upper = text.toUpperCase();
  if (["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].includes(upper)) return upper;
  if (!shared("headers").isToken(text) || ["CONNECT", "TRACE", "TRACK"].includes(upper)) {
    throw new TypeError(`The method ${JSON.stringify(text.slice(0, 100))} is not allowed`);
  }
  return text;
}

function checkInit(init, state) {
  if ("window" in init && init.window !== null) throw new TypeError("window can only be null");
  if (init.mode === "navigate") throw new TypeError("The mode of a Request cannot be navigate");
  if (init.referrer) init.referrer = native.href(init.referrer);
  Object.assign(state, init);
  if (state.cache === "only-if-cached" && state.mode !== "same-origin") throw new TypeError("The cache only-if-cached needs the mode same-origin");
  if (init.method !== undefined) state.method = methodOf(init.method);
}

// stateOf returns the state of a request: of an URL, or from the state of another request.
function stateOf(input, from, init) {
  const url = from ? from.url : usv(input);
  const given = initOf(init);
  const state = from ? { __proto__: defaults, ...from, signal: signalOf(from), own: undefined } : { __proto__: defaults, url: native.href(url, true) };
  state.headers = undefined;
  checkInit(given, state);
  if (given.headers !== undefined) state.headers = new (shared("headers").Headers)(given.headers);
  else if (from) state.headers = shared("headers").clone(headersOf(from));
  state.body = bodyOf(given, state, from?.body ?? null);
  return state;
}

function bodyOf(init, state, inherited) {
  const replaced = init.body !== undefined && init.body !== null;
  if ((replaced || inherited) && (state.method === "GET" || state.method === "HEAD")) {
    throw new TypeError(`A Request of the method ${state.method} has no body`);
  }
  if (!replaced) return inherited && inherited.handOver();
  const { body, type } = shared("body").extract(init.body);
  if (body.stream && init.duplex === undefined) throw new TypeError("A Request with a stream as its body needs duplex: \"half\"");
  if (type !== null && !headersOf(state).has("content-type")) state.headers.append("content-type", type);
  return body;
}

// headersOf returns the headers of a request, which are made when they are first needed.
function headersOf(state) { return state.headers ??= new (shared("headers").Headers)(); }

// signalOf returns the signal that what is made of a request follows, or null.
function signalOf(state) { return state.own ?? state.signal; }

return { defaults, stateOf, headersOf, signalOf };
