"use strict";
// What a Response is made of that a script makes: https://fetch.spec.whatwg.org/#initialize-a-response

const { usv, byteString } = shared("webidl");

const bodiless = [101, 103, 204, 205, 304];
const redirects = [301, 302, 303, 307, 308];

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

function stateOf(parts) { return { type: "default", url: "", redirected: false, statusText: "", body: null, ...parts }; }

function withBody(state, body, type) {
  if (bodiless.includes(state.status)) throw new TypeError(`A Response of the status ${state.status} has no body`);
  state.body = body;
  if (type !== null) shared("headers").ensure(state.headers, "content-type", type);
  return state;
}

// made returns the state of a Response that is made of a body and a ResponseInit.
function made(body, init) {
  const state = stateOf(initOf(init));
  if (body === null) return state;
  const given = shared("body").extract(body);
  return withBody(state, given.body, given.type);
}

// json, redirect and error return the state of what the methods of their names return.
function json(data, init) {
  const text = JSON.stringify(data);
  if (text === undefined) throw new TypeError("The value cannot be written as JSON");
  const state = stateOf(initOf(init));
  return withBody(state, shared("body").extract(text).body, "application/json");
}

function redirect(url, status) {
  const location = native.href(usv(url), "Response.redirect");
  const code = Number(status) & 0xFFFF;
  if (!redirects.includes(code)) throw new RangeError("The status of a redirect must be 301, 302, 303, 307 or 308");
  return stateOf({ status: code, headers: shared("headers").made([["location", location]], true) });
}

function error() { return stateOf({ type: "error", status: 0, headers: shared("headers").made([], true) }); }

return { made, json, redirect, error };
