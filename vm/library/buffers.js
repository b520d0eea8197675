"use strict";
// ArrayBuffer.prototype.transfer, transferToFixedLength and detached: https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer

const { trunc } = Math;

// move hands the content of a buffer on to a new one of that length.
function move(buffer, length) {
  native.detached(buffer); // throws for what is no buffer, before the length is converted
  return native.move(buffer, length === undefined ? undefined : trunc(+length) || 0);
}

return {
  "ArrayBuffer.prototype": {
    transfer(length = undefined) { return move(this, length); },
    transferToFixedLength(length = undefined) { return move(this, length); },
    get detached() { return native.detached(this); },
  },
};
