"use strict";
// What fetch does with a RequestInit or a Request, with a signal, and with a body that comes in parts.

const { then, resolved, rejected, handled, deferred } = shared("settling");

// start starts a request, of whose state answered makes a response.
function start(input, init, answered) {
  try {
    const { stateOf, signalOf } = shared("requestinit");
    const requests = shared("request", true);
    const state = stateOf("fetch", input, requests?.isRequest(input) ? requests.stateOf(input) : undefined, init);
    const signal = signalOf(state);
    signal?.throwIfAborted();
    const { body } = state;
    if (!body) return send(state, signal, null, answered);
    const bytes = body.take();
    if (bytes) return send(state, signal, bytes, answered);
    return body.read((all) => {
      signal?.throwIfAborted();
      return send(state, signal, all, answered);
    });
  } catch (error) {
    return rejected(error);
  }
}

function send({ url, method, headers, redirect }, signal, body, answered) {
  const id = native.id(), fields = headers ? shared("headers").lines(headers) : "";
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

// bodyOf returns the body of a response of which more is to come than the first chunk.
function bodyOf(id, first, watch) { return new (shared("body").Body)(undefined, restOf(`${id}`, first, watch)); }

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

return { start, bodyOf };
