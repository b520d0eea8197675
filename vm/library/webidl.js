"use strict";
// What the interfaces of the web platform have in common: https://webidl.spec.whatwg.org

// describe gives a class the form of an interface: its members are enumerable, and its objects say what they are. They can be
// cloned where there is a function that does it; it returns undefined for what only inherits from the class. extend gives the
// class the members of an object, and constants its values.
const { describe, extend, constants } = native;

// need throws when a function is called with fewer arguments than it must have.
function need(count, given, what) {
  if (given.length < count) {
    throw new TypeError(`${what} needs ${count} argument${count === 1 ? "" : "s"}, but ${given.length} ${given.length === 1 ? "was" : "were"} given`);
  }
}

// dictionary converts a value to an object whose members can be read.
function dictionary(value, what) {
  if (value === undefined || value === null) return { __proto__: null };
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} must be an object`);
  return value;
}

// unsigned converts a value to a whole number from 0 on, and refuses what has to be changed for it.
function unsigned(value) {
  const given = +value, number = given - given % 1;
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) throw new TypeError("The number is out of range");
  return number;
}

// usv converts a value to a text without halves of surrogate pairs.
function usv(value) { return native.wellFormed(`${value}`); }

// bytes converts a value to a text of which each unit is a byte.
function byteString(value) {
  const text = `${value}`;
  if (!native.isLatin1(text)) throw new TypeError("The text has characters above U+00FF");
  return text;
}

// sequence converts the elements of what is iterated, one by one; iterate is its Symbol.iterator.
function sequence(value, iterate, convert) {
  const list = [];
  for (const element of { [native.iterator]: () => Reflect.apply(iterate, value, []) }) list.push(convert(element));
  return list;
}

return { describe, extend, constants, need, dictionary, unsigned, usv, byteString, sequence };
