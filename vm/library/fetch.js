"use strict";
// fetch: https://fetch.spec.whatwg.org/#fetch-method
//
// The host does the work behind three functions: fetch:send returns once the headers are there, with what there is of the body by
// then; fetch:read returns the next chunk of the body, or null at its end; fetch:abort ends either. What is beyond a URL, plain
// settings and a short answer is in fetching.js.

const { Response, internal } = shared("response");

// answered makes a response of its state, which is an object of natives: see library_response.go. Where it comes with the beginning
// of its body, more of that is to come.
function answered(state, first, id, watch = undefined) {
  if (first) state.body = shared("fetching").bodyOf(id, first, watch);
  else watch?.end();
  return new Response(internal, state);
}

function start(input, init) { return shared("fetching").start(input, init, answered); }

return { fetch: native.fetch(answered, start) };
