"use strict";
// Request: https://fetch.spec.whatwg.org/#request-class

const { describe, need } = shared("webidl");
const { clone: cloneHeaders } = shared("headers");
const { defaults, stateOf: newState, headersOf, signalOf } = shared("requestinit");
const { include } = shared("mixin");

const internal = {}; // says that a state follows, to the constructor
let stateOf, isRequest;

class Request {
  #state;

  static {
    stateOf = (request) => request.#state;
    isRequest = (value) => typeof value === "object" && value !== null && #state in value;
  }

  constructor(input, init = undefined) {
    need(1, arguments, "Request");
    this.#state = input === internal ? init : newState("Request", input, isRequest(input) ? input.#state : undefined, init);
  }

  get method() { return this.#state.method; }
  get url() { return this.#state.url; }
  get headers() { return headersOf(this.#state); }
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
    state.own ??= shared("abort").dependent(state.signal ? [state.signal] : []);
    return state.own;
  }

  clone() {
    const state = this.#state;
    const body = state.body && state.body.branch();
    const headers = cloneHeaders(headersOf(state));
    return new Request(internal, { __proto__: defaults, ...state, headers, body, own: undefined, signal: signalOf(state) });
  }
}
include(Request, stateOf, headersOf, (state) => state.body);
describe(Request);

// inspect returns what a Request shows to people.
function inspect(value) {
  if (!isRequest(value)) return undefined;
  const state = stateOf(value);
  const { method, url, body } = state;
  return { method, url, headers: headersOf(state), bodyUsed: body?.isUsed() ?? false };
}

return { Request, isRequest, stateOf, inspect };
