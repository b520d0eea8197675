"use strict";
// Response: https://fetch.spec.whatwg.org/#response-class
//
// Most responses come from fetch, and say what is in their body. This module opens no other one for that but the mixin.

const internal = {}; // says that a state follows, to the constructor
let stateOf, isResponse;

// headersOf returns the headers of a response, which are made when they are first needed.
function headersOf(state) { return state.headers ??= shared("headers").received(state.fields); }

// bodyOf returns the body of a response, which is made when it is first needed as well, or null.
function bodyOf(state) {
  if (state.body === undefined) state.body = shared("body").received(state);
  return state.body;
}

class Response {
  #state;

  static {
    stateOf = (response) => response.#state;
    isResponse = (value) => typeof value === "object" && value !== null && #state in value;
  }

  constructor(body = null, init = undefined) {
    this.#state = body === internal ? init : shared("responseinit").made(body, init);
  }

  static error() { return new Response(internal, shared("responseinit").error()); }

  static json(data, init = undefined) {
    shared("webidl").need(1, arguments, "json");
    return new Response(internal, shared("responseinit").json(data, init));
  }

  static redirect(url, status = 302) {
    shared("webidl").need(1, arguments, "redirect");
    return new Response(internal, shared("responseinit").redirect(url, status));
  }

  get type() { return this.#state.type; }
  get url() { return this.#state.url; }
  get redirected() { return this.#state.redirected; }
  get status() { return this.#state.status; }
  get ok() { return this.#state.status >= 200 && this.#state.status < 300; }
  get statusText() { return this.#state.statusText; }
  get headers() { return headersOf(this.#state); }

  clone() {
    const { type, status, statusText, url, redirected } = this.#state, body = bodyOf(this.#state)?.branch() ?? null;
    const headers = shared("headers").clone(headersOf(this.#state));
    return new Response(internal, { type, status, statusText, url, redirected, headers, body });
  }
}
shared("mixin").include(Response, stateOf, headersOf, bodyOf);
native.describe(Response);
native.received(Response);

// answer returns a promise for what a script that returns a Response answers with; undefined for any other value.
function answer(value) {
  if (!isResponse(value)) return undefined;
  const state = stateOf(value);
  return shared("answer").written(state.status, headersOf(state), bodyOf(state));
}

// inspect returns what a Response shows to people.
function inspect(value) {
  if (!isResponse(value)) return undefined;
  const state = stateOf(value), { status, statusText, url, redirected, type } = state;
  return { status, statusText, headers: headersOf(state), url, redirected, type, bodyUsed: bodyOf(state)?.isUsed() ?? false };
}

return { Response, internal, answer, inspect };
