"use strict";
// What is made of a stream, and streams that are made of iterators: https://streams.spec.whatwg.org/#rs-asynciterator

const { control } = shared("stream_controller");
const { Stream, Reader, opened } = shared("streams");
const { then, resolved, rejected, deferred, invoke } = shared("settling");

// tee is https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee; copy is what the second branch gets of a chunk.
function tee(stream, copy = (chunk) => chunk) {
  const reader = new Reader(stream);
  const branches = [], reasons = [], cancelled = [false, false], whole = deferred();
  let reading = false, again = false;
  const each = (f) => cancelled.forEach((isCancelled, i) => isCancelled || f(branches[i].controller, i));

  function pull() {
    if (reading) {
      again = true;
      return resolved();
    }
    reading = true;
    stream.read({
      chunk: (chunk) => then(resolved(), () => {
        again = false;
        let second = chunk;
        try {
          if (!cancelled[1]) second = copy(chunk);
        } catch (error) {
          branches.forEach(({ controller }) => controller.fail(error));
          whole.resolve(stream.cancel(error));
          return;
        }
        each((controller, i) => controller.enqueue(i === 0 ? chunk : second));
        reading = false;
        if (again) pull();
      }),
      close: () => {
        reading = false;
        each((controller) => controller.close());
        if (!cancelled[0] || !cancelled[1]) whole.resolve();
      },
      fail: () => { reading = false; },
    });
    return resolved();
  }

  const cancel = (i) => (reason) => {
    cancelled[i] = true;
    reasons[i] = reason;
    if (cancelled[1 - i]) whole.resolve(stream.cancel([reasons[0], reasons[1]]));
    return whole.promise;
  };
  for (const i of [0, 1]) {
    branches[i] = new Stream();
    control(branches[i], { pull, cancel: cancel(i) });
  }
  then(reader.closed.promise, undefined, (error) => {
    branches.forEach(({ controller }) => controller.fail(error));
    if (!cancelled[0] || !cancelled[1]) whole.resolve();
  });
  return branches;
}

const asyncIterator = {};
if (Symbol.asyncIterator) Object.defineProperty(asyncIterator, Symbol.asyncIterator, { value() { return this; }, writable: true, configurable: true });

// readOf holds what an iterator reads with.
let readOf;

class StreamIterator {
  #reader;
  #keep;
  #last; // the promise of the call before
  #finished = false;

  constructor(reader, keep) {
    this.#reader = reader;
    this.#keep = keep;
  }

  static {
    readOf = (iterator, step) => {
      if (!(#last in iterator)) return rejected(new TypeError("This is no iterator of a stream"));
      const go = () => step(iterator);
      iterator.#last = iterator.#last ? then(iterator.#last, go, go) : go();
      return iterator.#last;
    };
  }

  static async step(iterator) {
    if (iterator.#finished) return { value: undefined, done: true };
    const reader = iterator.#reader;
    try {
      const result = await reader.next();
      if (!result.done) return result;
    } catch (error) {
      iterator.#finished = true;
      reader.release();
      throw error;
    }
    iterator.#finished = true;
    reader.release();
    return { value: undefined, done: true };
  }

  static async end(iterator, value) {
    if (iterator.#finished) return { value, done: true };
    iterator.#finished = true;
    const reader = iterator.#reader;
    const done = iterator.#keep ? undefined : reader.stream.cancel(value);
    reader.release();
    await done;
    return { value, done: true };
  }

  next() { return readOf(this, step); }
  return(value = undefined) { return readOf(this, (iterator) => end(iterator, value)); }
}
const { step, end } = StreamIterator; // which nobody else reaches
delete StreamIterator.prototype.constructor;
Object.setPrototypeOf(StreamIterator.prototype, asyncIterator);
for (const name of ["next", "return"]) Object.defineProperty(StreamIterator.prototype, name, { enumerable: true });

function iterator(reader, keep) { return new StreamIterator(reader, keep); }

const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";

// from is https://streams.spec.whatwg.org/#readable-stream-from-iterable.
function from(iterable) {
  const method = Symbol.asyncIterator && iterable[Symbol.asyncIterator] || iterable[Symbol.iterator];
  if (typeof method !== "function") throw new TypeError("The value is not iterable");
  const source = Reflect.apply(method, iterable, []);
  if (!isObject(source)) throw new TypeError("The iterator is not an object");
  const { next } = source;
  const stream = new Stream();
  control(stream, {
    pull: async () => {
      const result = await invoke(next, source, []);
      if (!isObject(result)) throw new TypeError("The iterator gave no object");
      if (result.done) stream.controller.close();
      else stream.controller.enqueue(await result.value);
    },
    cancel: async (reason) => {
      const finish = source.return;
      if (finish === undefined || finish === null) return;
      if (!isObject(await Reflect.apply(finish, source, [reason]))) throw new TypeError("The iterator gave no object");
    },
  }, 0);
  return opened(stream);
}

return { tee, iterator, from };
