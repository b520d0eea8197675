"use strict";
// TextEncoder and TextDecoder: https://encoding.spec.whatwg.org/#api

const { describe, need } = shared("webidl");
const { isBuffer } = shared("bytes");
const { isView } = ArrayBuffer;
const { get: nameOfView } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);

class TextEncoder {
  get encoding() {
    this.#check();
    return "utf-8";
  }

  encode(input = "") {
    this.#check();
    return native.encode(`${input}`);
  }

  encodeInto(source, destination) {
    this.#check();
    need(2, arguments, "encodeInto");
    const text = `${source}`;
    if (Reflect.apply(nameOfView, destination, []) !== "Uint8Array") throw new TypeError("The destination must be a Uint8Array");
    const [read, written] = native.encodeInto(text, destination.buffer, destination.byteOffset, destination.byteLength);
    return { read, written };
  }

  #check() { return this; } // which throws unless this is a TextEncoder
}

// optionsOf returns what a dictionary has.
function optionsOf(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" && typeof options !== "function") throw new TypeError("The options must be an object");
  return options;
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #decode; // keeps what is between two parts of a stream

  constructor(label = "utf-8", options = undefined) {
    const name = `${label}`;
    const { fatal, ignoreBOM } = optionsOf(options);
    this.#fatal = !!fatal;
    this.#ignoreBOM = !!ignoreBOM;
    const found = native.decoder(name, this.#fatal, this.#ignoreBOM);
    if (found === null) throw new RangeError("The encoding is not one of the standard's");
    [this.#encoding, this.#decode] = found;
  }

  static shown(value) {
    return #decode in value ? { encoding: value.#encoding, fatal: value.#fatal, ignoreBOM: value.#ignoreBOM } : undefined;
  }

  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input = undefined, options = undefined) {
    const decode = this.#decode;
    const stream = !!optionsOf(options).stream;
    let text;
    if (isView(input)) text = decode(stream, input.buffer, input.byteOffset, input.byteLength);
    else if (isBuffer(input)) text = decode(stream, input, 0, input.byteLength);
    else if (input === undefined) text = decode(stream);
    else throw new TypeError("The input must be an ArrayBuffer or a view of one");
    if (text === null) throw new TypeError(`The input is not ${this.#encoding}`);
    return text;
  }
}

// inspect returns what a TextDecoder shows to people.
const inspect = TextDecoder.shown;
delete TextDecoder.shown;

return { TextEncoder: describe(TextEncoder), TextDecoder: describe(TextDecoder), inspect };
