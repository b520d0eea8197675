"use strict";
// Object.groupBy and Map.groupBy: https://tc39.es/ecma262/#sec-groupby

const { apply, ownKeys } = Reflect;
const GroupMap = Map;
const { get, set } = Map.prototype;

function check(items, keyOf) {
  if (items === null || items === undefined) throw new TypeError("groupBy needs an iterable");
  if (typeof keyOf !== "function") throw new TypeError("groupBy needs a function that returns the key");
}

// propertyKey converts a value to the name of a property, once.
function propertyKey(key) {
  return typeof key === "string" || typeof key === "symbol" ? key : ownKeys({ __proto__: null, [key]: 0 })[0];
}

return {
  Object: {
    groupBy(items, keyOf) {
      check(items, keyOf);
      const groups = { __proto__: null };
      let index = 0;
      for (const item of items) {
        const key = propertyKey(keyOf(item, index++));
        const group = groups[key];
        if (group === undefined) groups[key] = [item];
        else group[group.length] = item;
      }
      return groups;
    },
  },
  Map: {
    groupBy(items, keyOf) {
      check(items, keyOf);
      const groups = new GroupMap();
      let index = 0;
      for (const item of items) {
        const key = keyOf(item, index++);
        const group = apply(get, groups, [key]);
        if (group === undefined) apply(set, groups, [key, [item]]);
        else group[group.length] = item;
      }
      return groups;
    },
  },
};
