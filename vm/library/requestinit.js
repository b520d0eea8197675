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

// initOf returns a RequestInit as an object whose members can be read.
function initOf(init) {
  if (init === undefined || init === null) return { __proto__: null };
  if (typeof init !== "object" && typeof init !== "function") throw new TypeError("The second argument of a Request must be an object");
  return init;
}

const normalized = { __proto__: null, DELETE: true, GET: true, HEAD: true, OPTIONS: true, POST: true, PUT: true };

// methodOf is https://fetch.spec.whatwg.org/#concept-method-normalize.
function methodOf(text) {
  if (normalized[text]) return text;
  const upper = text.toUpperCase();
  if (normalized[upper]) return upper;
  if (!shared("headers").isToken(text) || ["CONNECT", "TRACE", "TRACK"].includes(upper)) {
    throw new TypeError(`The method ${JSON.stringify(text.slice(0, 100))} is not allowed`);
  }
  return text;
}

// stateOf returns the state of a request: of an URL, or from the state of another request. who is what wants it.
function stateOf(who, input, from, init) {
  const state = { __proto__: defaults, ...from };
  if (from) Object.assign(state, { signal: signalOf(from), own: undefined });
  else state.url = native.href(usv(input), who, true);
  const {
    body, cache, credentials, duplex, headers, integrity, keepalive, method, mode, priority, redirect, referrer, referrerPolicy, signal, window,
  } = initOf(init);
  if (cache !== undefined) state.cache = oneOf("cache", cache);
  if (credentials !== undefined) state.credentials = oneOf("credentials", credentials);
  if (duplex !== undefined) oneOf("duplex", duplex);
  if (integrity !== undefined) state.integrity = `${integrity}`;
  if (keepalive !== undefined) state.keepalive = Boolean(keepalive);
  if (mode !== undefined) state.mode = modeOf(mode);
  if (priority !== undefined) oneOf("priority", priority);
  if (redirect !== undefined) state.redirect = oneOf("redirect", redirect);
  if (referrer !== undefined) state.referrer = referrerOf(usv(referrer));
  if (referrerPolicy !== undefined) state.referrerPolicy = oneOf("referrerPolicy", referrerPolicy);
  if (signal !== undefined) state.signal = signalFrom(signal);
  if (window !== undefined && window !== null) throw new TypeError("window can only be null");
  if (state.cache === "only-if-cached" && state.mode !== "same-origin") throw new TypeError("The cache only-if-cached needs the mode same-origin");
  if (method !== undefined) state.method = methodOf(byteString(method));
  if (headers !== undefined) state.headers = new (shared("headers").Headers)(headers);
  else if (from) state.headers = shared("headers").clone(headersOf(from));
  state.body = bodyOf(body, duplex, state, from?.body ?? null);
  return state;
}

function modeOf(value) {
  const mode = oneOf("mode", value);
  if (mode === "navigate") throw new TypeError("The mode of a Request cannot be navigate");
  return mode;
}

function referrerOf(text) { return text === "" ? "" : native.href(text, "referrer"); }

function signalFrom(value) {
  if (value !== null && !shared("abort", true)?.isSignal(value)) throw new TypeError("signal must be an AbortSignal or null");
  return value;
}

function bodyOf(given, duplex, state, inherited) {
  const replaced = given !== undefined && given !== null;
  if ((replaced || inherited) && (state.method === "GET" || state.method === "HEAD")) {
    throw new TypeError(`A Request of the method ${state.method} has no body`);
  }
  if (!replaced) return inherited && inherited.handOver();
  const { body, type } = shared("body").extract(given);
  if (body.stream && duplex === undefined) throw new TypeError("A Request with a stream as its body needs duplex: \"half\"");
  if (type !== null) shared("headers").ensure(headersOf(state), "content-type", type);
  return body;
}

// headersOf returns the headers of a request, which are made when they are first needed.
function headersOf(state) { return state.headers ??= new (shared("headers").Headers)(); }

// signalOf returns the signal that what is made of a request follows, or null.
function signalOf(state) { return state.own ?? state.signal; }

return { defaults, stateOf, headersOf, signalOf };
