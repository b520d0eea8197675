"use strict";
// fetch: https://fetch.spec.whatwg.org/#fetch-method
//
// The host does the work behind three functions: fetch:send returns once the headers are there, with what there is of the body by
// then; fetch:read returns the next chunk of the body, or null at its end; fetch:abort ends either.

const { need } = shared("webidl");
const { then, rejected, handled, deferred } = shared("settling");
const { call } = shared("host");
const { Request, stateOf } = shared("request");
const { made } = shared("response");
const { made: madeHeaders, listOf } = shared("headers");
const { Body } = shared("body");

let last = 0; // id of a request

function fetch(input, init = undefined) {
  try {
    need(1, arguments, "fetch");
    const state = stateOf(new Request(input, init));
    const signal = state.own ?? state.signal;
    if (signal?.aborted) throw signal.reason;
    if (!state.url.startsWith("http:") && !state.url.startsWith("https:")) throw new TypeError("fetch takes URLs of http and https");
    if (!state.body) return send(state, signal, null);
    if (state.body.bytes) return send(state, signal, state.body.bytes);
    return then(state.body.read(), (bytes) => {
      if (signal?.aborted) throw signal.reason;
      return send(state, signal, bytes);
    });
  } catch (error) {
    return rejected(error);
  }
}

function send({ url, method, headers, redirect }, signal, body) {
  const id = `${++last}`, result = deferred();
  const watch = watched(signal, id, result.reject);
  then(call("fetch:send", id, { url: url.split("#")[0], method, headers: listOf(headers), body, redirect }), (reply) => {
    const { status, statusText, headers, url, redirected } = reply;
    if (!reply.body || reply.done) watch.end();
    result.resolve(made({
      type: "basic", status, statusText, url, redirected, headers: madeHeaders(headers, true), body: bodyOf(reply, id, watch),
    }));
  }, (error) => {
    watch.end();
    result.reject(error);
  });
  return result.promise;
}

// watched aborts a request when the signal says so, until end is called.
function watched(signal, id, onAbort) {
  const aborted = deferred();
  handled(aborted.promise);
  const abort = () => {
    handled(call("fetch:abort", id));
    aborted.reject(signal.reason);
    onAbort(signal.reason);
  };
  if (!signal) return { aborted: aborted.promise, end() {} };
  const signals = shared("abort", true);
  if (signals?.isSignal(signal)) return { aborted: aborted.promise, end: signals.onAbort(signal, abort) };
  signal.addEventListener("abort", abort, { once: true });
  return { aborted: aborted.promise, end: () => signal.removeEventListener("abort", abort) };
}

function bodyOf(reply, id, watch) {
  if (!reply.body) return null;
  if (reply.done) return new Body(reply.chunk ?? new Uint8Array(0));
  let first = reply.chunk?.length > 0 ? reply.chunk : undefined;
  return new Body(undefined, {
    pull() {
      const chunk = deferred();
      then(watch.aborted, undefined, chunk.reject);
      if (first) {
        chunk.resolve(first);
        first = undefined;
        return chunk.promise;
      }
      then(call("fetch:read", id), (bytes) => {
        if (bytes === null) watch.end();
        chunk.resolve(bytes);
      }, (error) => {
        watch.end();
        chunk.reject(error);
      });
      return chunk.promise;
    },
    async cancel() {
      watch.end();
      await call("fetch:abort", id);
    },
  });
}

return { fetch };
