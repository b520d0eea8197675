"use strict";
// Keys of HMAC as JSON: https://www.rfc-editor.org/rfc/rfc7518#section-6.4

const names = { "SHA-1": "HS1", "SHA-256": "HS256", "SHA-384": "HS384", "SHA-512": "HS512" };

function check(holds, message) {
  if (holds) return;
  const { DOMException } = shared("exception");
  throw new DOMException(message, "DataError");
}

// imported returns the bytes of a key that is fit for what it is to be: https://w3c.github.io/webcrypto/#hmac-operations-import-key
function imported(jwk, { hash, extractable, usages }) {
  const { alg, ext, k, key_ops, kty, use } = jwk;
  const text = (value) => value === undefined ? undefined : `${value}`;
  check(text(kty) === "oct", "kty must be oct");
  check(k !== undefined, "k is missing");
  const bytes = native.decode(`${k}`);
  check(bytes !== null, "k must be base64url without padding");
  check(alg === undefined || text(alg) === names[hash], `alg must be ${names[hash]}`);
  check(usages.length === 0 || use === undefined || text(use) === "sig", "use must be sig");
  if (key_ops !== undefined) {
    const operations = [];
    for (const operation of key_ops) operations.push(`${operation}`);
    check(new Set(operations).size === operations.length, "key_ops must have no duplicates");
    check(usages.every((usage) => operations.includes(usage)), "key_ops must have the usages of the key");
  }
  check(ext === undefined || ext || !extractable, "ext says that the key is not extractable");
  return bytes;
}

function exported({ bytes, extractable, hash, usages }) {
  return { alg: names[hash], ext: extractable, k: native.encode(bytes), key_ops: [...usages], kty: "oct" };
}

return { imported, exported };
