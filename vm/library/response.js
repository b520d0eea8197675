"use strict";
// Response: https://fetch.spec.whatwg.org/#response-class

const { describe, need, usv, byteString } = shared("webidl");
const { extract, include, received } = shared("body");

const bodiless = [101, 103, 204, 205, 304];
const redirects = [301, 302, 303, 307, 308];

const internal = {}; // says that a state follows, to the constructor
let stateOf, isResponse;

// headersOf returns the headers of a response, which are made when they are first needed.
function headersOf(state) { return state.headers ??= shared("headers").received(state.fields); }

// bodyOf returns the body of a response, which is made when it is first needed as well, or null.
function bodyOf(state) {
  if (state.body === undefined) state.body = received(state);
  return state.body;
}

// initOf reads a ResponseInit.
function initOf(init) {
  const { Headers } = shared("headers");
  if (init === undefined || init === null) return { status: 200, statusText: "", headers: new Headers() };
  if (typeof init !== "object" && typeof init !== "function") throw new TypeError("The second argument of a Response must be an object");
  const headers = new Headers(init.headers);
  const status = init.status === undefined ? 200 : Number(init.status) & 0xFFFF;
  const statusText = init.statusText === undefined ? "" : byteString(init.statusText);
  if (status < 200 || status > 599) throw new RangeError("The status of a Response must be from 200 to 599");
  for (let i = 0; i < statusText.length; i++) {
    const c = statusText[i];
    if (c < " " && c !== "\t" || c === "\x7F") throw new TypeError("statusText cannot have control characters");
  }
  return { status, statusText, headers };
}

class Response {
  #state;

  static {
    stateOf = (response) => response.#state;
    isResponse = (value) => typeof value === "object" && value !== null && #state in value;
  }

  constructor(body = null, init = undefined) {
    if (body === internal) {
      this.#state = init;
      return;
    }
    const state = { type: "default", url: "", redirected: false, body: null, ...initOf(init) };
    if (body !== null) {
      const given = extract(body);
      if (bodiless.includes(state.status)) throw new TypeError(`A Response of the status ${state.status} has no body`);
      state.body = given.body;
      if (given.type !== null) shared("headers").ensure(state.headers, "content-type", given.type);
    }
    this.#state = state;
  }

  static error() { return made({ type: "error", status: 0, headers: shared("headers").made([], true) }); }

  static json(data, init = undefined) {
    need(1, arguments, "json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("The value cannot be written as JSON");
    const state = initOf(init);
    if (bodiless.includes(state.status)) throw new TypeError(`A Response of the status ${state.status} has no body`);
    shared("headers").ensure(state.headers, "content-type", "application/json");
    return made({ ...state, body: extract(text).body });
  }

  static redirect(url, status = 302) {
    need(1, arguments, "redirect");
    const location = native.href(usv(url), "Response.redirect");
    const code = Number(status) & 0xFFFF;
    if (!redirects.includes(code)) throw new RangeError("The status of a redirect must be 301, 302, 303, 307 or 308");
    return made({ status: code, headers: shared("headers").made([["location", location]], true) });
  }

  get type() { return this.#state.type; }
  get url() { return this.#state.url; }
  get redirected() { return this.#state.redirected; }
  get status() { return this.#state.status; }
  get ok() { return this.#state.status >= 200 && this.#state.status < 300; }
  get statusText() { return this.#state.statusText; }
  get headers() { return headersOf(this.#state); }

  clone() {
    const state = this.#state;
    const { type, status, statusText, url, redirected } = state, body = bodyOf(state)?.branch() ?? null;
    return new Response(internal, { type, status, statusText, url, redirected, headers: shared("headers").clone(headersOf(state)), body });
  }
}
include(Response, stateOf, headersOf, bodyOf);
describe(Response);

function made(state) {
  return new Response(internal, { type: "default", url: "", redirected: false, statusText: "", body: null, ...state });
}

// These say how a message came from where it came, or are the server's own. None of them is a part of what a script answers with.
const carriers = [
  "connection", "content-length", "idempotency-replayed", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade",
];

function withoutCarriers(headers) {
  const { listOf, made, plain } = shared("headers");
  return plain(made(listOf(headers).filter(([name]) => !carriers.includes(name) && !name.startsWith("jsruntime-")), true));
}

// answer returns a promise for what a script that returns a Response answers with; undefined for any other value.
function answer(value) { return isResponse(value) ? written(stateOf(value)) : undefined; }

async function written(state) {
  const { status } = state, body = bodyOf(state), headers = headersOf(state);
  const output = { status, headers: withoutCarriers(headers) };
  if (body) {
    await body.read((bytes) => {
      const text = body.text || headers.has("content-type") && shared("bytes").isText(bytes);
      output.body = text ? shared("bytes").decode(bytes, true) : bytes;
    });
  }
  return output;
}

// inspect returns what a Response shows to people.
function inspect(value) {
  if (!isResponse(value)) return undefined;
  const state = stateOf(value);
  const { status, statusText, url, redirected, type } = state;
  return { status, statusText, headers: headersOf(state), url, redirected, type, bodyUsed: bodyOf(state)?.isUsed() ?? false };
}

return { Response, internal, answer, inspect };
