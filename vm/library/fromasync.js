"use strict";
// Array.fromAsync: https://tc39.es/proposal-array-from-async/

const { apply } = Reflect;
const { defineProperty } = Object;
const { asyncIterator, iterator } = Symbol;
const { min, trunc } = Math;
const { MAX_SAFE_INTEGER } = Number;
const OwnArray = Array;

function methodOf(value, name) {
  const method = value[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError("The iterator's method is not a function");
  return method;
}

function isObject(value) { return typeof value === "object" && value !== null || typeof value === "function"; }

// create sets an element, whatever the array's class makes of assignments.
function create(array, index, value) {
  defineProperty(array, index, { value, writable: true, enumerable: true, configurable: true });
}

// closeFor closes an iterator because of an error, and throws it.
async function closeFor(source, error) {
  try {
    const method = methodOf(source, "return");
    if (method !== undefined) await apply(method, source, []);
  } catch {} // the first error is the one that counts
  throw error;
}

async function fromIterator(Class, items, method, isAsync, convert) {
  const source = apply(method, items, []);
  if (!isObject(source)) throw new TypeError("The iterator is not an object");
  const { next } = source;
  const array = native.isConstructor(Class) ? new Class() : [];
  for (let index = 0; ; index++) {
    let result = apply(next, source, []);
    if (isAsync) result = await result;
    if (!isObject(result)) throw new TypeError("The iterator's result is not an object");
    if (result.done) {
      array.length = index;
      return array;
    }
    let { value } = result;
    try {
      if (!isAsync) value = await value;
      if (convert !== undefined) value = await convert(value, index);
      create(array, index, value);
    } catch (error) {
      await closeFor(source, error);
    }
  }
}

function lengthOf(items) {
  const length = trunc(+items.length);
  return length > 0 ? min(length, MAX_SAFE_INTEGER) : 0;
}

async function fromArrayLike(Class, items, convert) {
  const length = lengthOf(items);
  const array = native.isConstructor(Class) ? new Class(length) : new OwnArray(length);
  for (let index = 0; index < length; index++) {
    let value = await items[index];
    if (convert !== undefined) value = await convert(value, index);
    create(array, index, value);
  }
  array.length = length;
  return array;
}

async function collect(Class, items, mapper, that) {
  if (mapper !== undefined && typeof mapper !== "function") throw new TypeError("The second argument of Array.fromAsync is not a function");
  const convert = mapper === undefined ? undefined : (value, index) => apply(mapper, that, [value, index]);
  const asynchronous = methodOf(items, asyncIterator);
  const method = asynchronous ?? methodOf(items, iterator);
  if (method === undefined) return fromArrayLike(Class, Object(items), convert);
  return fromIterator(Class, items, method, asynchronous !== undefined, convert);
}

return {
  Array: {
    fromAsync(items, mapper = undefined, that = undefined) { return collect(this, items, mapper, that); },
  },
};
