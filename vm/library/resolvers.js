"use strict";
// Promise.withResolvers and Promise.try: https://tc39.es/ecma262/#sec-promise.withResolvers

// capability makes a promise of a class with the functions that settle it: https://tc39.es/ecma262/#sec-newpromisecapability
function capability(Class) {
  let resolve, reject;
  const promise = new Class((first, second) => {
    if (resolve !== undefined || reject !== undefined) throw new TypeError("A promise's executor was called twice");
    resolve = first;
    reject = second;
  });
  if (typeof resolve !== "function" || typeof reject !== "function") throw new TypeError("A promise's executor needs two functions");
  return { promise, resolve, reject };
}

return {
  Promise: {
    withResolvers() { return capability(this); },
    try(f, ...args) {
      if (typeof this !== "object" && typeof this !== "function" || this === null) {
        throw new TypeError("Promise.try needs a class of promises");
      }
      const { promise, resolve, reject } = capability(this);
      let value;
      try {
        value = f(...args);
      } catch (error) {
        reject(error);
        return promise;
      }
      resolve(value);
      return promise;
    },
  },
};
