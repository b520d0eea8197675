"use strict";
// crypto: https://w3c.github.io/webcrypto/#crypto-interface

const { describe, need } = shared("webidl");
const { isView } = ArrayBuffer;
const { get: nameOfView } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const floats = ["Float16Array", "Float32Array", "Float64Array"];
const mostRandom = 65536; // bytes

function fail(name, message) {
  const { DOMException } = shared("exception"); // which most scripts do without
  throw new DOMException(message, name);
}

class Crypto {
  #own = true; // what methods read first, so that they throw for anything else

  constructor() {
    if (arguments[0] !== native) throw new TypeError("Illegal constructor");
  }

  get subtle() { return this.#own && shared("subtle").subtle; }

  getRandomValues(array) {
    this.#own;
    need(1, arguments, "getRandomValues");
    if (!isView(array)) throw new TypeError("The array must be a typed array");
    const name = Reflect.apply(nameOfView, array, []);
    if (name === undefined || floats.includes(name)) fail("TypeMismatchError", "The array must be one of integers");
    if (array.byteLength > mostRandom) fail("QuotaExceededError", `The array has more than ${mostRandom} bytes`);
    native.fill(array.buffer, array.byteOffset, array.byteLength);
    return array;
  }

  randomUUID() {
    this.#own;
    return native.uuid();
  }
}

return { Crypto: describe(Crypto), crypto: new Crypto(native) };
