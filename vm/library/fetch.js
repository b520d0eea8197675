"use strict";
// fetch: https://fetch.spec.whatwg.org/#fetch-method
//
// The host does the work behind three functions: fetch:send returns once the headers are there, with what there is of the body by
// then; fetch:read returns the next chunk of the body, or null at its end; fetch:abort ends either.

const { Response, internal } = shared("response");
const { Body } = shared("body");
const { then, resolved, rejected, handled, deferred } = shared("settling");

let last = 0; // id of a request

function fetch(input, init = undefined) {
  if (init === undefined && typeof input === "string") return native.send(answered, ++last, input, "GET", "", "follow", null);
  try {
    const { stateOf, signalOf } = shared("requestinit");
    const requests = shared("request", true);
    const state = stateOf("fetch", input, requests?.isRequest(input) ? requests.stateOf(input) : undefined, init);
    const signal = signalOf(state);
    signal?.throwIfAborted();
    const { body } = state;
    if (!body) return send(state, signal, null);
    const bytes = body.take();
    if (bytes) return send(state, signal, bytes);
    return body.read((all) => {
      signal?.throwIfAborted();
      return send(state, signal, all);
    });
  } catch (error) {
    return rejected(error);
  }
}

function send({ url, method, headers, redirect }, signal, body) {
  const id = ++last, fields = headers ? shared("headers").lines(headers) : "";
  if (!signal) return native.send(answered, id, url, method, fields, redirect, body);
  const watch = watched(signal, id), result = deferred();
  then(watch.aborted, undefined, result.reject);
  then(native.send((state, first) => answered(state, first, id, watch), id, url, method, fields, redirect, body), result.resolve, (error) => {
    watch.end();
    result.reject(error);
  });
  return result.promise;
}

// watched aborts a request when the signal says so, until end is called.
function watched(signal, id) {
  const aborted = deferred();
  handled(aborted.promise);
  const end = shared("abort").onAbort(signal, () => {
    handled(native.call("fetch:abort", `${id}`));
    aborted.reject(signal.reason);
  });
  return { aborted: aborted.promise, end };
}

// answered makes a response of its state, which is an object of natives: see library_response.go. Where it comes with the beginning of its body, more of that is to come.
function answered(state, first, id, watch = undefined) {
  if (first) state.body = new Body(undefined, restOf(`${id}`, first, watch));
  else watch?.end();
  return new Response(internal, state);
}

// restOf returns the source of a body of which more is to come.
function restOf(id, chunk, watch) {
  let first = chunk.length > 0 ? chunk : undefined;
  function next() {
    const read = first ? resolved(first) : native.call("fetch:read", id);
    first = undefined;
    return read;
  }
  return {
    pull() {
      if (!watch) return next();
      const result = deferred();
      then(watch.aborted, undefined, result.reject);
      then(next(), (bytes) => {
        if (bytes === null) watch.end();
        result.resolve(bytes);
      }, (error) => {
        watch.end();
        result.reject(error);
      });
      return result.promise;
    },
    cancel() {
      watch?.end();
      return native.call("fetch:abort", id);
    },
  };
}

return { fetch };
