"use strict";
// SubtleCrypto: https://w3c.github.io/webcrypto/#subtlecrypto-interface. Of its algorithms there are the SHA digests and HMAC.

const { describe, need } = shared("webidl");
const { copyOf, isBuffer } = shared("bytes");
const { keyOf, made } = shared("cryptokey");

const { isView } = ArrayBuffer;
const token = {};
const hashes = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const blocks = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 }; // bits
const longest = 8 * 65536; // of a key that is generated, in bits
const formats = ["raw", "spki", "pkcs8", "jwk"];
const allUsages = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";

function fail(name, message) {
  const { DOMException } = shared("exception"); // which most scripts do without
  throw new DOMException(message, name);
}

function unsupported(what) { fail("NotSupportedError", `${what} is not supported`); }

// named returns the one of the names that an algorithm has: https://w3c.github.io/webcrypto/#algorithm-normalization
function named(algorithm, names) {
  let name = algorithm;
  if (isObject(algorithm)) {
    name = algorithm.name;
    if (name === undefined) throw new TypeError("An algorithm must have a name");
  }
  const wanted = `${name}`.toUpperCase();
  return names.find((known) => known === wanted) ?? unsupported(`The algorithm ${`${name}`.slice(0, 50)}`);
}

// hmacOf returns the parameters of HMAC.
function hmacOf(algorithm) {
  named(algorithm, ["HMAC"]);
  const hash = isObject(algorithm) ? algorithm.hash : undefined;
  if (hash === undefined) throw new TypeError("HMAC needs a hash");
  let length = algorithm.length;
  if (length !== undefined) {
    length = Math.trunc(Number(length));
    if (!(length >= 0 && length < 2 ** 32)) throw new TypeError("The length is out of range");
  }
  return { hash: named(hash, hashes), length };
}

// part returns where the bytes of a BufferSource are. It is the last thing that is asked before a native reads them, since any other
// question may run code of the script.
function part(value) {
  if (isView(value)) return [value.buffer, value.byteOffset, value.byteLength];
  if (isBuffer(value)) return [value, 0, value.byteLength];
  throw new TypeError("The data must be an ArrayBuffer or a view of one");
}

function formatOf(value) {
  const format = `${value}`;
  if (!formats.includes(format)) throw new TypeError("The format of a key must be raw, spki, pkcs8 or jwk");
  return format;
}

function usagesOf(list) {
  if (!isObject(list)) throw new TypeError("The usages must be a list");
  const given = [];
  for (const item of list) {
    const usage = `${item}`;
    if (!allUsages.includes(usage)) throw new TypeError("A usage of a key is not known");
    given.push(usage);
  }
  return allUsages.filter((usage) => given.includes(usage));
}

function checkUsages(usages) {
  if (usages.some((usage) => usage !== "sign" && usage !== "verify")) fail("SyntaxError", "A key of HMAC can sign and verify only");
}

// keyFor returns the key that an operation takes, if it may.
function keyFor(usage, algorithm, value) {
  named(algorithm, ["HMAC"]);
  const key = keyOf(value);
  if (!key.usages.includes(usage)) fail("InvalidAccessError", `The key is not one to ${usage} with`);
  return key;
}

class SubtleCrypto {
  #own = true; // what methods read first, so that they throw for anything else

  constructor() {
    if (arguments[0] !== token) throw new TypeError("Illegal constructor");
  }

  async digest(algorithm, data) {
    this.#own;
    need(2, arguments, "digest");
    const hash = named(algorithm, hashes);
    return native.digest(hash, ...part(data));
  }

  async sign(algorithm, key, data) {
    this.#own;
    need(3, arguments, "sign");
    const { hash, bytes } = keyFor("sign", algorithm, key);
    return native.sign(hash, bytes, ...part(data));
  }

  async verify(algorithm, key, signature, data) {
    this.#own;
    need(4, arguments, "verify");
    const { hash, bytes } = keyFor("verify", algorithm, key);
    const given = copyOf(signature);
    if (given === undefined) throw new TypeError("The signature must be an ArrayBuffer or a view of one");
    return native.verify(hash, bytes, ...part(data), given);
  }

  async generateKey(algorithm, extractable, keyUsages) {
    this.#own;
    need(3, arguments, "generateKey");
    const usages = usagesOf(keyUsages);
    const { hash, length = blocks[hash] } = hmacOf(algorithm);
    checkUsages(usages);
    if (length === 0 || length > longest) fail("OperationError", `A key must have a length, of ${longest} bits at most`);
    if (usages.length === 0) fail("SyntaxError", "A key must have a usage");
    return made({ bytes: native.random(Math.ceil(length / 8)), extractable: !!extractable, hash, length, usages });
  }

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    this.#own;
    need(5, arguments, "importKey");
    format = formatOf(format);
    extractable = !!extractable;
    const usages = usagesOf(keyUsages);
    const raw = copyOf(keyData);
    if (raw === undefined ? format !== "jwk" || !isObject(keyData) : format === "jwk") throw new TypeError("The key is not of its format");
    const parameters = hmacOf(algorithm);
    checkUsages(usages);
    if (format !== "raw" && format !== "jwk") unsupported(`The format ${format} of a key`);
    const bytes = raw ?? shared("jwk").imported(keyData, { hash: parameters.hash, extractable, usages });
    const bits = bytes.length * 8;
    const { hash, length = bits } = parameters;
    if (bits === 0 || length > bits || length <= bits - 8) fail("DataError", "The key has another length");
    if (usages.length === 0) fail("SyntaxError", "A key must have a usage");
    return made({ bytes, extractable, hash, length, usages });
  }

  async exportKey(format, key) {
    this.#own;
    need(2, arguments, "exportKey");
    format = formatOf(format);
    const wanted = keyOf(key);
    if (format !== "raw" && format !== "jwk") unsupported(`The format ${format} of a key`);
    if (!wanted.extractable) fail("InvalidAccessError", "The key is not extractable");
    return format === "jwk" ? shared("jwk").exported(wanted) : copyOf(wanted.bytes).buffer;
  }

  async encrypt(algorithm, key, data) { unsupported("encrypt"); }
  async decrypt(algorithm, key, data) { unsupported("decrypt"); }
  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) { unsupported("deriveKey"); }
  async deriveBits(algorithm, baseKey, length = null) { unsupported("deriveBits"); }
  async wrapKey(format, key, wrappingKey, wrapAlgorithm) { unsupported("wrapKey"); }
  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) { unsupported("unwrapKey"); }
}

return { SubtleCrypto: describe(SubtleCrypto), subtle: new SubtleCrypto(token) };
