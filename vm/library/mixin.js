"use strict";
// What Request and Response have in common: https://fetch.spec.whatwg.org/#body-mixin
//
// A text, or JSON, that was received as a whole takes no other module. What else there is of a body is in body.js.

// include gives a class the members of the mixin. stateOf returns the state of an object, headersOf the headers of a state, and
// bodyOf its body or null.
function include(Class, stateOf, headersOf, bodyOf) {
  // read returns a promise for the content of the body, in the form of that name.
  function read(object, form) {
    try {
      const state = stateOf(object);
      return shared("body").read(bodyOf(state), form, () => headersOf(state));
    } catch (error) {
      return native.rejected(error);
    }
  }
  native.extend(Class, {
    get body() { return bodyOf(stateOf(this))?.asStream() ?? null; },
    get bodyUsed() { return bodyOf(stateOf(this))?.isUsed() ?? false; },
    arrayBuffer() { return read(this, "arrayBuffer"); },
    blob() { return read(this, "blob"); },
    bytes() { return read(this, "bytes"); },
    formData() { return read(this, "formData"); },
  });
  native.readers(Class, read);
}

return { include };
