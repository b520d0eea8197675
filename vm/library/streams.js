"use strict";
// ReadableStream with its default reader: https://streams.spec.whatwg.org/#rs
//
// A stream is a record behind its object, and so are its controller and its reader: what the standard calls slots.

const { describe, need } = shared("webidl");
const { ReadableStreamDefaultController, control } = shared("stream_controller");
const { CountQueuingStrategy, ByteLengthQueuingStrategy, strategyOf, sourceOf, markOf, isObject } = shared("stream_source");
const { then, resolved, rejected, handled, deferred, invoke } = shared("settling");

const internal = {}; // says that a record follows, to the constructor of a stream
let recordOf, isStream, readerOf;

// Stream is the record of a stream.
class Stream {
  status = "readable";
  error = undefined;
  reader = undefined;
  disturbed = false;
  controller = undefined;

  // https://streams.spec.whatwg.org/#readable-stream-close
  close() {
    this.status = "closed";
    const { reader } = this;
    if (!reader) return;
    reader.closed.resolve();
    for (const request of reader.take()) request.close();
  }

  // https://streams.spec.whatwg.org/#readable-stream-error
  fail(error) {
    this.status = "errored";
    this.error = error;
    const { reader } = this;
    if (!reader) return;
    reader.closed.reject(error);
    handled(reader.closed.promise);
    for (const request of reader.take()) request.fail(error);
  }

  // https://streams.spec.whatwg.org/#readable-stream-cancel
  cancel(reason) {
    this.disturbed = true;
    if (this.status === "closed") return resolved();
    if (this.status === "errored") return rejected(this.error);
    this.close();
    return then(this.controller.cancel(reason), () => undefined);
  }

  // end closes a stream that somebody else has read.
  end() {
    this.disturbed = true;
    this.close();
  }

  // read gives the next chunk to a request, which is an object with the methods chunk, close and fail.
  read(request) {
    this.disturbed = true;
    if (this.status === "closed") request.close();
    else if (this.status === "errored") request.fail(this.error);
    else this.controller.pull(request);
  }
}

// Reader is the record of a reader, to which its stream is locked.
class Reader {
  requests = [];
  closed = deferred();

  constructor(stream) {
    if (stream.reader) throw new TypeError("The stream is locked to a reader");
    this.stream = stream;
    stream.reader = this;
    if (stream.status === "closed") this.closed.resolve();
    if (stream.status === "errored") this.closed.reject(stream.error);
    handled(this.closed.promise);
  }

  // take returns the requests, which are no longer the reader's.
  take() {
    const { requests } = this;
    this.requests = [];
    return requests;
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease
  release() {
    if (!this.stream) return;
    const error = new TypeError("The reader was released");
    if (this.stream.status !== "readable") this.closed = deferred();
    this.closed.reject(error);
    handled(this.closed.promise);
    this.stream.reader = undefined;
    this.stream = undefined;
    for (const request of this.take()) request.fail(error);
  }

  // next returns a promise for the next chunk, as an iterator's result.
  next() {
    const result = deferred();
    this.stream.read({
      chunk: (value) => result.resolve({ value, done: false }),
      close: () => result.resolve({ value: undefined, done: true }),
      fail: result.reject,
    });
    return result.promise;
  }
}

class ReadableStreamDefaultReader {
  #reader;

  static {
    readerOf = (object) => {
      const { stream } = object.#reader;
      if (!stream) throw new TypeError("The reader was released");
      return object.#reader;
    };
  }

  constructor(stream) {
    need(1, arguments, "ReadableStreamDefaultReader");
    this.#reader = new Reader(recordOf(stream));
  }

  get closed() { return #reader in this ? this.#reader.closed.promise : rejected(new TypeError("This is no reader")); }
  cancel(reason = undefined) { return promised(() => readerOf(this).stream.cancel(reason)); }
  read() { return promised(() => readerOf(this).next()); }
  releaseLock() { this.#reader.release(); }
}
describe(ReadableStreamDefaultReader);

function dictionary(options) {
  if (options === undefined || options === null) return {};
  if (!isObject(options)) throw new TypeError("The options must be an object");
  return options;
}

// promised returns what f does, or a promise that is rejected with what it throws.
function promised(f) {
  try {
    return f();
  } catch (error) {
    return rejected(error);
  }
}

class ReadableStream {
  #stream;

  static {
    recordOf = (object) => object.#stream;
    isStream = (object) => #stream in object;
  }

  constructor(source = undefined, strategy = undefined) {
    if (source === internal) {
      this.#stream = strategy;
      return;
    }
    this.#stream = new Stream();
    const queuing = strategyOf(strategy);
    const { start, pull, cancel } = sourceOf(source);
    control(this.#stream, {
      start: start && ((controller) => Reflect.apply(start, source, [controller])),
      pull: pull && ((controller) => invoke(pull, source, [controller])),
      cancel: cancel && ((reason) => invoke(cancel, source, [reason])),
    }, markOf(queuing), queuing.size);
  }

  static from(iterable) {
    need(1, arguments, "from");
    return shared("stream_branches").from(iterable);
  }

  get locked() { return this.#stream.reader !== undefined; }

  cancel(reason = undefined) {
    return promised(() => {
      if (this.#stream.reader) throw new TypeError("The stream is locked to a reader");
      return this.#stream.cancel(reason);
    });
  }

  getReader(options = undefined) {
    const stream = this.#stream;
    const { mode } = dictionary(options);
    if (mode !== undefined) {
      if (`${mode}` !== "byob") throw new TypeError("The mode of a reader can only be byob");
      throw new TypeError("Only streams of bytes have such readers, which are not supported");
    }
    return stream && new ReadableStreamDefaultReader(this);
  }

  tee() {
    const branches = shared("stream_branches").tee(this.#stream);
    return [opened(branches[0]), opened(branches[1])];
  }

  values(options = undefined) { return shared("stream_branches").iterator(new Reader(this.#stream), Boolean(dictionary(options).preventCancel)); }
}
describe(ReadableStream);
if (Symbol.asyncIterator) {
  const { values } = ReadableStream.prototype;
  Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, { value: values, writable: true, configurable: true });
}

// opened returns the object of a stream.
function opened(stream) { return new ReadableStream(internal, stream); }

// streamed returns a stream of what pull returns, one chunk after another until it returns null; cancel ends it early.
function streamed({ pull, cancel }) {
  const stream = new Stream();
  control(stream, {
    pull: async () => {
      const chunk = await pull();
      if (chunk === null) stream.controller.close();
      else stream.controller.enqueue(chunk);
    },
    cancel: async (reason) => cancel?.(reason),
  }, 0);
  return opened(stream);
}

return {
  ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController, CountQueuingStrategy, ByteLengthQueuingStrategy,
  Stream, Reader, recordOf, isStream, opened, streamed,
};
