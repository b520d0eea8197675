"use strict";
// Response: https://fetch.spec.whatwg.org/#response-class

const { describe, need, byteString } = shared("webidl");
const { isText } = shared("bytes");
const { Headers, made: madeHeaders, clone, plain } = shared("headers");
const { extract, include } = shared("body");

const bodiless = [101, 103, 204, 205, 304];
const redirects = [301, 302, 303, 307, 308];

let stateOf, isResponse, made;

// initOf reads a ResponseInit.
function initOf(init) {
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
    made = (state) => {
      const response = new Response();
      response.#state = { type: "default", url: "", redirected: false, statusText: "", body: null, ...state };
      return response;
    };
  }

  constructor(body = null, init = undefined) {
    const state = { type: "default", url: "", redirected: false, body: null, ...initOf(init) };
    if (body !== null) {
      const given = extract(body);
      if (bodiless.includes(state.status)) throw new TypeError(`A Response of the status ${state.status} has no body`);
      state.body = given.body;
      if (given.type !== null && !state.headers.has("content-type")) state.headers.append("content-type", given.type);
    }
    this.#state = state;
  }

  static error() { return made({ type: "error", status: 0, headers: madeHeaders([], true) }); }

  static json(data, init = undefined) {
    need(1, arguments, "json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("The value cannot be written as JSON");
    const state = initOf(init);
    if (bodiless.includes(state.status)) throw new TypeError(`A Response of the status ${state.status} has no body`);
    if (!state.headers.has("content-type")) state.headers.append("content-type", "application/json");
    return made({ ...state, body: extract(text).body });
  }

  static redirect(url, status = 302) {
    need(1, arguments, "redirect");
    const location = shared("href").hrefOf(url);
    const code = Number(status) & 0xFFFF;
    if (!redirects.includes(code)) throw new RangeError("The status of a redirect must be 301, 302, 303, 307 or 308");
    return made({ status: code, headers: madeHeaders([["location", location]], true) });
  }

  get type() { return this.#state.type; }
  get url() { return this.#state.url; }
  get redirected() { return this.#state.redirected; }
  get status() { return this.#state.status; }
  get ok() { return this.#state.status >= 200 && this.#state.status < 300; }
  get statusText() { return this.#state.statusText; }
  get headers() { return this.#state.headers; }

  clone() {
    const { headers, body } = this.#state;
    const other = body && body.branch();
    return made({ ...this.#state, headers: clone(headers), body: other });
  }
}
include(Response, stateOf);
describe(Response);

// answer returns a promise for what a script that returns a Response answers with; undefined for any other value.
function answer(value) { return isResponse(value) ? written(stateOf(value)) : undefined; }

async function written({ status, headers, body }) {
  const output = { status, headers: plain(headers) };
  if (body) {
    const bytes = await body.read();
    const text = body.text || headers.has("content-type") && isText(bytes);
    output.body = text ? shared("bytes").decode(bytes, true) : bytes;
  }
  return output;
}

// inspect returns what a Response shows to people.
function inspect(value) {
  if (!isResponse(value)) return undefined;
  const { status, statusText, headers, url, redirected, type, body } = stateOf(value);
  return { status, statusText, headers, url, redirected, type, bodyUsed: body?.isUsed() ?? false };
}

return { Response, made, answer, inspect };
