"use strict";
// Promises for modules, whatever a script does to Promise.prototype.

const P = Promise;
const { then: chain } = P.prototype;
const ignore = () => undefined;

// then is promise.then.
function then(promise, fulfilled, rejected) { return Reflect.apply(chain, promise, [fulfilled, rejected]); }

// resolved returns a promise for a value, or what the value as a promise becomes; rejected one that is rejected.
const { resolved, rejected } = native;

// handled keeps the rejection of a promise from failing the run.
function handled(promise) {
  then(promise, undefined, ignore);
  return promise;
}

function deferred() {
  const d = {};
  d.promise = new P((resolve, reject) => {
    d.resolve = resolve;
    d.reject = reject;
  });
  return d;
}

// invoke calls a function, and returns a promise for what it returns or throws.
function invoke(f, self, args) {
  try {
    return resolved(Reflect.apply(f, self, args));
  } catch (error) {
    return rejected(error);
  }
}

return { then, resolved, rejected, handled, deferred, invoke };
