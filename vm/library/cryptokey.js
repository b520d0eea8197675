"use strict";
// CryptoKey: https://w3c.github.io/webcrypto/#cryptokey-interface

const { describe } = shared("webidl");
const token = {};

class CryptoKey {
  #key; // { bytes, extractable, hash, length, usages }
  #algorithm; // and #usages are the script's to change, which changes nothing else
  #usages;

  constructor() {
    if (arguments[0] !== token) throw new TypeError("Illegal constructor");
    const key = arguments[1];
    this.#key = key;
    this.#algorithm = { name: "HMAC", hash: { name: key.hash }, length: key.length };
    this.#usages = [...key.usages];
  }

  // of returns the key in a CryptoKey; any other value is an error.
  static of(value) {
    if (value === null || typeof value !== "object" || !(#key in value)) throw new TypeError("The key must be a CryptoKey");
    return value.#key;
  }

  static isKey(value) { return #key in value; }

  // shown returns what a key shows to people, which is not the key itself.
  static shown(value) {
    if (!(#key in value)) return undefined;
    return { type: "secret", extractable: value.#key.extractable, algorithm: value.#algorithm, usages: value.#usages };
  }

  get type() { return this.#key && "secret"; }
  get extractable() { return this.#key.extractable; }
  get algorithm() { return this.#algorithm; }
  get usages() { return this.#usages; }
}

const { of: keyOf, isKey, shown: inspect } = CryptoKey;
delete CryptoKey.of;
delete CryptoKey.isKey;
delete CryptoKey.shown;
const made = (key) => new CryptoKey(token, key);
describe(CryptoKey, (key) => isKey(key) ? made(keyOf(key)) : undefined);

return { CryptoKey, keyOf, made, inspect };
