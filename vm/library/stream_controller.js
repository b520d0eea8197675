"use strict";
// The controller of a ReadableStream: https://streams.spec.whatwg.org/#rs-default-controller-class

const { describe } = shared("webidl");
const { then, resolved } = shared("settling");

let given; // the record of the controller that is being made

class ReadableStreamDefaultController {
  #controller;

  constructor() {
    if (!given) throw new TypeError("Illegal constructor");
    this.#controller = given;
    given = undefined;
  }

  get desiredSize() { return this.#controller.desiredSize(); }

  close() {
    const controller = this.#controller;
    if (!controller.isOpen()) throw new TypeError("The stream cannot be closed any more");
    controller.close();
  }

  enqueue(chunk = undefined) {
    const controller = this.#controller;
    if (!controller.isOpen()) throw new TypeError("The stream takes no chunks any more");
    controller.enqueue(chunk);
  }

  error(reason = undefined) { this.#controller.fail(reason); }
}
describe(ReadableStreamDefaultController);

// Controller is the record. Its algorithms are start(object), pull(object) and cancel(reason), each of which may be missing; the
// last two return promises.
class Controller {
  constructor(stream, algorithms, highWaterMark, size) {
    this.stream = stream;
    this.algorithms = algorithms;
    this.highWaterMark = highWaterMark;
    this.size = size;
    this.queue = []; // of {chunk, size}, from head on
    this.head = 0;
    this.total = 0;
    this.started = this.closing = this.pulling = this.again = false;
    given = this;
    this.object = new ReadableStreamDefaultController();
  }

  isOpen() { return !this.closing && this.stream.status === "readable"; }

  desiredSize() {
    if (this.stream.status === "errored") return null;
    return this.stream.status === "closed" ? 0 : this.highWaterMark - this.total;
  }

  begin() {
    const { start } = this.algorithms;
    then(resolved(start && start(this.object)), () => {
      this.started = true;
      this.callPull();
    }, (error) => this.fail(error));
  }

  // https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull
  #wants() {
    if (!this.isOpen() || !this.started) return false;
    return this.stream.reader?.requests.length > 0 || this.desiredSize() > 0;
  }

  // https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed
  callPull() {
    if (!this.#wants()) return;
    if (this.pulling) {
      this.again = true;
      return;
    }
    this.pulling = true;
    const { pull } = this.algorithms;
    then(pull ? pull(this.object) : resolved(), () => {
      this.pulling = false;
      if (!this.again) return;
      this.again = false;
      this.callPull();
    }, (error) => this.fail(error));
  }

  #clear() {
    this.algorithms = {};
    this.size = undefined;
  }

  #empty() {
    this.queue = [];
    this.head = this.total = 0;
  }

  close() {
    if (!this.isOpen()) return;
    this.closing = true;
    if (this.queue.length > 0) return;
    this.#clear();
    this.stream.close();
  }

  // https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue
  enqueue(chunk) {
    if (!this.isOpen()) return;
    const request = this.stream.reader?.requests.shift();
    if (request) {
      request.chunk(chunk);
    } else {
      let size = 1;
      try {
        if (this.size) size = Number((0, this.size)(chunk));
        if (!(size >= 0 && size < Infinity)) throw new RangeError("The size of a chunk must be a number that is not negative");
      } catch (error) {
        this.fail(error);
        throw error;
      }
      this.queue.push({ chunk, size });
      this.total += size;
    }
    this.callPull();
  }

  fail(error) {
    if (this.stream.status !== "readable") return;
    this.#empty();
    this.#clear();
    this.stream.fail(error);
  }

  // [[CancelSteps]]
  cancel(reason) {
    this.#empty();
    const { cancel } = this.algorithms;
    const done = cancel ? cancel(reason) : resolved();
    this.#clear();
    return done;
  }

  // [[PullSteps]]
  pull(request) {
    if (this.queue.length === 0) {
      this.stream.reader.requests.push(request);
      this.callPull();
      return;
    }
    const { chunk, size } = this.queue[this.head];
    this.queue[this.head++] = undefined;
    this.total = Math.max(this.total - size, 0);
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    } else if (this.head === 1024) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    if (this.closing && this.queue.length === 0) {
      this.#clear();
      this.stream.close();
    } else {
      this.callPull();
    }
    request.chunk(chunk);
  }
}

// control gives a stream its controller, and begins.
function control(stream, algorithms, highWaterMark = 1, size = undefined) {
  stream.controller = new Controller(stream, algorithms, highWaterMark, size);
  stream.controller.begin();
  return stream.controller;
}

return { ReadableStreamDefaultController, control };
