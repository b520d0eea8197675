"use strict";
// How an iterator is gone through: https://tc39.es/ecma262/#sec-operations-on-iterator-objects

const { apply } = Reflect;
const { defineProperty, setPrototypeOf } = Object;

const end = {}; // in place of the value after the last one

function isObject(value) { return typeof value === "object" && value !== null || typeof value === "function"; }

function needObject(value) {
  if (!isObject(value)) throw new TypeError("The iterator is not an object");
}

// direct reads the next method of an iterator, which it then keeps.
function direct(iterator) { return { iterator, next: iterator.next }; }

// step returns the next value, or end.
function step(source) {
  const result = apply(source.next, source.iterator, []);
  if (!isObject(result)) throw new TypeError("The iterator's result is not an object");
  return result.done ? end : result.value;
}

// close tells an iterator that no more values are wanted.
function close(iterator) {
  const method = iterator.return;
  if (method === undefined || method === null) return;
  if (!isObject(apply(method, iterator, []))) throw new TypeError("The iterator's result is not an object");
}

// abandon closes an iterator because of an error, and throws it.
function abandon(iterator, error) {
  try {
    close(iterator);
  } catch {} // the first error is the one that counts
  throw error;
}

// guarded calls f, and closes the iterator where it throws.
function guarded(iterator, f) {
  try {
    return f();
  } catch (error) {
    return abandon(iterator, error);
  }
}

// flattenable returns what goes through a value that is an iterable or an iterator: https://tc39.es/ecma262/#sec-getiteratorflattenable
function flattenable(value, texts) {
  if (!isObject(value) && !(texts && typeof value === "string")) throw new TypeError("The value is not iterable");
  const method = value[Symbol.iterator];
  if (method === undefined || method === null) return direct(value);
  const iterator = apply(method, value, []);
  needObject(iterator);
  return direct(iterator);
}

const fresh = 0, waiting = 1, running = 2, done = 3;

// Helper is the iterator that a helper returns: https://tc39.es/ecma262/#sec-%iteratorhelperprototype%-object
class Helper {
  #source;
  #produce; // returns the next value, or end
  #finish; // ends what is inside, before the source is closed
  #state = fresh;

  constructor(source, produce, finish) {
    this.#source = source;
    this.#produce = produce;
    this.#finish = finish;
  }

  #enter() {
    const state = this.#state;
    if (state === running) throw new TypeError("The iterator is running already");
    return state;
  }

  next() {
    if (this.#enter() === done) return { value: undefined, done: true };
    this.#state = running;
    let value = end;
    try {
      value = this.#produce();
    } finally {
      this.#state = value === end ? done : waiting;
    }
    return value === end ? { value: undefined, done: true } : { value, done: false };
  }

  return() {
    const state = this.#enter();
    if (state === done) return { value: undefined, done: true };
    this.#state = state === fresh ? done : running;
    try {
      if (this.#finish !== undefined) this.#finish();
      close(this.#source.iterator);
    } finally {
      this.#state = done;
    }
    return { value: undefined, done: true };
  }
}

delete Helper.prototype.constructor;
defineProperty(Helper.prototype, Symbol.toStringTag, { value: "Iterator Helper", configurable: true });
setPrototypeOf(Helper.prototype, native.prototype());

function helper(source, produce, finish) { return new Helper(source, produce, finish); }

return { helper, isObject, needObject, direct, step, close, abandon, guarded, flattenable, end };
