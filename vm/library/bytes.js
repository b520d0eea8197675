"use strict";
// Bytes, as the other modules handle them: each is a Uint8Array that no script has.

const { encode, decode, json, isText, isBuffer, part } = native;
const { isView } = ArrayBuffer;

// copyOf returns a copy of a BufferSource, https://webidl.spec.whatwg.org/#BufferSource, and undefined for any other value.
function copyOf(value) {
  if (isView(value)) return part(value.buffer, value.byteOffset, value.byteLength);
  return isBuffer(value) ? part(value, 0, value.byteLength) : undefined;
}

// slice returns bytes from one place to another; the memory is shared.
function slice(bytes, from, to) { return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from); }

// join returns the bytes of a list in one piece, which is a copy unless there is one piece only.
function join(list) {
  if (list.length === 1) return list[0];
  let size = 0;
  for (let i = 0; i < list.length; i++) size += list[i].length;
  const whole = new Uint8Array(size);
  for (let i = 0, at = 0; i < list.length; at += list[i++].length) whole.set(list[i], at);
  return whole;
}

return { encode, decode, json, isText, isBuffer, copyOf, slice, join };
