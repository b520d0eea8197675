"use strict";
// What a script makes a stream of: sources and strategies, https://streams.spec.whatwg.org/#underlying-source-api and #qs

const { describe, need } = shared("webidl");

// functionIn reads a member of a dictionary that is a function, or is not there.
function functionIn(dictionary, name) {
  const f = dictionary[name];
  if (f !== undefined && typeof f !== "function") throw new TypeError(`${name} must be a function`);
  return f;
}

const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";

function strategyOf(strategy) {
  if (strategy === undefined || strategy === null) return {};
  if (!isObject(strategy)) throw new TypeError("The strategy of a stream must be an object");
  const mark = strategy.highWaterMark;
  return { highWaterMark: mark === undefined ? undefined : Number(mark), size: functionIn(strategy, "size") };
}

function sourceOf(source) {
  if (source === undefined) return {};
  if (!isObject(source)) throw new TypeError("The source of a stream must be an object");
  const cancel = functionIn(source, "cancel"), pull = functionIn(source, "pull"), start = functionIn(source, "start");
  const { type } = source;
  if (type !== undefined) throw new TypeError(`Streams of the type ${type} are not supported`);
  return { cancel, pull, start };
}

// https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark
function markOf({ highWaterMark }) {
  if (highWaterMark === undefined) return 1;
  if (!(highWaterMark >= 0)) throw new RangeError("highWaterMark must be a number that is not negative");
  return highWaterMark;
}

const count = { size() { return 1; } }.size;
const byteLength = { size(chunk) { return chunk.byteLength; } }.size;

function markFrom(init, given, what) {
  need(1, given, what);
  if (!isObject(init)) throw new TypeError(`${what} needs an object`);
  if (init.highWaterMark === undefined) throw new TypeError(`${what} needs a highWaterMark`);
  return Number(init.highWaterMark);
}

class CountQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = markFrom(init, arguments, "CountQueuingStrategy"); }
  get highWaterMark() { return this.#mark; }
  get size() { return this.#mark, count; }
}

class ByteLengthQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = markFrom(init, arguments, "ByteLengthQueuingStrategy"); }
  get highWaterMark() { return this.#mark; }
  get size() { return this.#mark, byteLength; }
}
describe(CountQueuingStrategy);
describe(ByteLengthQueuingStrategy);

return { CountQueuingStrategy, ByteLengthQueuingStrategy, strategyOf, sourceOf, markOf, isObject };
