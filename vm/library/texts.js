"use strict";
// String.prototype.isWellFormed and toWellFormed: https://tc39.es/ecma262/#sec-string.prototype.iswellformed
// RegExp.escape: https://tc39.es/ecma262/#sec-regexp.escape

function textOf(value, name) {
  if (value === null || value === undefined) throw new TypeError(`String.prototype.${name} called on null or undefined`);
  return `${value}`;
}

return {
  "String.prototype": {
    isWellFormed() {
      const text = textOf(this, "isWellFormed");
      return native.wellFormed(text) === text;
    },
    toWellFormed() { return native.wellFormed(textOf(this, "toWellFormed")); },
  },
  RegExp: {
    escape(text) {
      if (typeof text !== "string") throw new TypeError("RegExp.escape needs a string");
      return native.escape(text);
    },
  },
};
