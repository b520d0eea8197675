// The assertions that tests of the suite make, as functions of the global object.
(() => {
  class AssertionError extends Error {}

  // NotImplemented says that a test is about something that an implementation may leave out.
  class NotImplemented extends AssertionError {}

  const fail = (description, what) => {
    throw new AssertionError(description === undefined ? what : `${description}: ${what}`);
  };

  const check = (holds, description, what) => {
    if (!holds) fail(description, what());
  };

  const escapes = { "\0": "0", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\" };

  const hex = (c, digits) => c.charCodeAt(0).toString(16).padStart(digits, "0");

  // Nothing here has a regular expression: the engine's clock for them would outlive a test of this harness.
  const escaped = (c) => {
    if (Object.hasOwn(escapes, c)) return "\\" + escapes[c];
    if (c < " ") return "\\x" + hex(c, 2);
    return c === "\ufffe" || c === "\uffff" ? "\\u" + hex(c, 4) : c;
  };

  const quoted = (text) => '"' + text.split("").map(escaped).join("") + '"';

  const format_value = (value, outer = []) => {
    if (typeof value === "string") return quoted(value);
    if (typeof value === "bigint") return value + "n";
    if (Object.is(value, -0)) return "-0";
    if (typeof value === "symbol" || (typeof value !== "object" && typeof value !== "function") || value === null)
      return String(value);
    if (Array.isArray(value)) {
      if (outer.includes(value)) return "[...]";
      return (
        "[" +
        value
          .slice(0, 100)
          .map((v) => format_value(v, [...outer, value]))
          .join(", ") +
        "]"
      );
    }
    try {
      return `${typeof value} "${String(value).slice(0, 200)}"`;
    } catch (e) {
      return `${typeof value} that has no text`;
    }
  };

  const same = (a, b) => Object.is(a, b);

  const equalsArray = (actual, expected, description) => {
    check(
      typeof actual === "object" && actual !== null && "length" in actual,
      description,
      () => `${format_value(actual)} is no array`,
    );
    check(
      actual.length === expected.length,
      description,
      () =>
        `lengths differ, expected ${format_value(expected)} length ${expected.length}, got ${format_value(actual)} length ${actual.length}`,
    );
    for (let i = 0; i < expected.length; i++) {
      check(Object.hasOwn(actual, i) === Object.hasOwn(expected, i), description, () => `property ${i} is in one of both only`);
      check(
        same(actual[i], expected[i]),
        description,
        () => `differs at ${i}, expected ${format_value(expected[i])}, got ${format_value(actual[i])}`,
      );
    }
  };

  const equalsObject = (actual, expected, description, outer = []) => {
    check(typeof actual === "object" && actual !== null, description, () => `${format_value(actual)} is no object`);
    for (const key in actual) {
      check(Object.hasOwn(expected, key), description, () => `unexpected property ${format_value(key)}`);
      if (typeof actual[key] === "object" && actual[key] !== null) {
        if (!outer.includes(actual[key])) equalsObject(actual[key], expected[key], description, [...outer, actual]);
      } else {
        check(
          same(actual[key], expected[key]),
          description,
          () => `property ${format_value(key)} is ${format_value(actual[key])}, expected ${format_value(expected[key])}`,
        );
      }
    }
    for (const key in expected) check(Object.hasOwn(actual, key), description, () => `property ${format_value(key)} is missing`);
  };

  // comparison returns an assertion about two numbers.
  const comparison = (holds, words) => (actual, expected, description) => {
    check(typeof actual === "number", description, () => `${format_value(actual)} is no number`);
    check(holds(actual, expected), description, () => `${format_value(actual)} is not ${words} ${format_value(expected)}`);
  };

  const range = (holds) => (actual, low, high, description) => {
    check(
      typeof actual === "number" && holds(actual, low, high),
      description,
      () => `${format_value(actual)} is not between ${low} and ${high}`,
    );
  };

  const approximates = (actual, expected, epsilon, description) => {
    check(
      typeof actual === "number" && (same(actual, expected) || Math.abs(actual - expected) <= epsilon),
      description,
      () => `${format_value(actual)} is not ${format_value(expected)} +/- ${epsilon}`,
    );
  };

  const thrown = (f, self, description) => {
    try {
      f.call(self);
    } catch (e) {
      if (e instanceof AssertionError) throw e;
      return e;
    }
    fail(description, `${f} did not throw`);
  };

  const isError = (e, constructor, description) => {
    check(typeof e === "object" && e !== null, description, () => `threw ${format_value(e)}, which is no object`);
    check(
      e.constructor === constructor && e.name === constructor.name,
      description,
      () => `threw ${format_value(e)}, expected ${constructor.name}`,
    );
  };

  const codes = {
    IndexSizeError: 1,
    HierarchyRequestError: 3,
    WrongDocumentError: 4,
    InvalidCharacterError: 5,
    NoModificationAllowedError: 7,
    NotFoundError: 8,
    NotSupportedError: 9,
    InUseAttributeError: 10,
    InvalidStateError: 11,
    SyntaxError: 12,
    InvalidModificationError: 13,
    NamespaceError: 14,
    InvalidAccessError: 15,
    TypeMismatchError: 17,
    SecurityError: 18,
    NetworkError: 19,
    AbortError: 20,
    URLMismatchError: 21,
    QuotaExceededError: 22,
    TimeoutError: 23,
    InvalidNodeTypeError: 24,
    DataCloneError: 25,
  };

  // constantOf returns the name of the constant that stands for the code of an exception.
  const constantOf = (name) => {
    let constant = "";
    for (let i = 0; i < name.length - "Error".length; i++) {
      const word = i > 0 && name[i] < "a" && (name[i - 1] >= "a" || name[i + 1] >= "a");
      constant += (word ? "_" : "") + name[i].toUpperCase();
    }
    return constant + "_ERR";
  };

  // nameOfCode returns the name of an exception, which may be given by its code or by the name of the code's constant.
  const nameOfCode = (type) => Object.keys(codes).find((name) => type === codes[name] || type === constantOf(name)) ?? type;

  const isDOMException = (e, type, constructor, description) => {
    const name = nameOfCode(type);
    check(typeof e === "object" && e !== null, description, () => `threw ${format_value(e)}, which is no object`);
    check(
      e.name === name && e.code === (codes[name] ?? 0) && e.constructor === constructor,
      description,
      () => `threw ${format_value(e)} with code ${format_value(e.code)}, expected the DOMException ${name}`,
    );
  };

  const isQuotaExceeded = (e, constructor, quota, requested, description) => {
    check(
      typeof e === "object" && e !== null && e.name === "QuotaExceededError" && e.constructor === constructor,
      description,
      () => `threw ${format_value(e)}, expected QuotaExceededError`,
    );
    for (const [key, expected] of [
      ["quota", quota],
      ["requested", requested],
    ]) {
      check(
        typeof expected === "function" ? expected(e[key]) : e[key] === expected,
        description,
        () => `${key} is ${format_value(e[key])}`,
      );
    }
  };

  const rejection = async (promise, description) => {
    try {
      await promise;
    } catch (e) {
      return e;
    }
    fail(description, "the promise was not rejected");
  };

  Object.assign(globalThis, {
    AssertionError,
    NotImplemented,
    format_value,
    assert_true: (actual, description) => check(actual === true, description, () => `expected true, got ${format_value(actual)}`),
    assert_false: (actual, description) =>
      check(actual === false, description, () => `expected false, got ${format_value(actual)}`),
    assert_equals: (actual, expected, description) =>
      check(
        same(actual, expected),
        description,
        () => `expected (${typeof expected}) ${format_value(expected)}, got (${typeof actual}) ${format_value(actual)}`,
      ),
    assert_not_equals: (actual, expected, description) =>
      check(!same(actual, expected), description, () => `got ${format_value(actual)}`),
    assert_in_array: (actual, expected, description) =>
      check(
        expected.some((v) => same(actual, v)),
        description,
        () => `${format_value(actual)} is not in ${format_value(expected)}`,
      ),
    assert_array_equals: equalsArray,
    assert_object_equals: (actual, expected, description) => equalsObject(actual, expected, description),
    assert_array_approx_equals: (actual, expected, epsilon, description) => {
      check(actual.length === expected.length, description, () => `length is ${actual.length}, expected ${expected.length}`);
      for (let i = 0; i < expected.length; i++) approximates(actual[i], expected[i], epsilon, description);
    },
    assert_approx_equals: approximates,
    assert_less_than: comparison((a, b) => a < b, "less than"),
    assert_less_than_equal: comparison((a, b) => a <= b, "less than or equal to"),
    assert_greater_than: comparison((a, b) => a > b, "greater than"),
    assert_greater_than_equal: comparison((a, b) => a >= b, "greater than or equal to"),
    assert_between_exclusive: range((v, low, high) => v > low && v < high),
    assert_between_inclusive: range((v, low, high) => v >= low && v <= high),
    assert_regexp_match: (actual, expected, description) =>
      check(expected.test(actual), description, () => `${format_value(actual)} does not match ${expected}`),
    assert_class_string: (object, name, description) =>
      check(
        {}.toString.call(object) === `[object ${name}]`,
        description,
        () => `expected [object ${name}], got ${{}.toString.call(object)}`,
      ),
    assert_own_property: (object, name, description) =>
      check(Object.hasOwn(object, name), description, () => `${format_value(name)} is no own property`),
    assert_not_own_property: (object, name, description) =>
      check(!Object.hasOwn(object, name), description, () => `${format_value(name)} is an own property`),
    assert_inherits: (object, name, description) => {
      check(!Object.hasOwn(object, name), description, () => `${format_value(name)} is an own property`);
      check(name in object, description, () => `${format_value(name)} is no property`);
    },
    assert_readonly: (object, name, description) => {
      const before = object[name];
      try {
        object[name] = before + "a";
      } catch (e) {
        // strict code
      }
      check(same(object[name], before), description, () => `${format_value(name)} changed`);
    },
    assert_throws_js: (constructor, f, description) => isError(thrown(f, undefined, description), constructor, description),
    assert_throws_exactly: (expected, f, description) => {
      const e = thrown(f, undefined, description);
      check(same(e, expected), description, () => `threw ${format_value(e)}, expected ${format_value(expected)}`);
    },
    assert_throws_dom: (type, ...rest) => {
      const constructor = typeof rest[1] === "function" ? rest.shift() : DOMException;
      isDOMException(thrown(rest[0], undefined, rest[1]), type, constructor, rest[1]);
    },
    assert_throws_quotaexceedederror: (...rest) => {
      const constructor = typeof rest[1] === "function" ? rest.shift() : QuotaExceededError;
      const [f, quota, requested, description] = rest;
      isQuotaExceeded(thrown(f, undefined, description), constructor, quota, requested, description);
    },
    assert_unreached: (description) => fail(description, "reached what should not be"),
    assert_any: (assertion, actual, expected, ...rest) => {
      for (const each of expected) {
        try {
          return assertion(actual, each, ...rest);
        } catch (e) {
          // the next may hold
        }
      }
      fail(undefined, `no ${assertion.name} of ${format_value(expected)} holds`);
    },
    assert_implements: (condition, description) => check(condition, description, () => "is not implemented"),
    assert_implements_optional: (condition, description) => {
      if (!condition) throw new NotImplemented(description);
    },
    promise_rejects_js: async (t, constructor, promise, description) =>
      isError(await rejection(promise, description), constructor, description),
    promise_rejects_exactly: async (t, expected, promise, description) => {
      const e = await rejection(promise, description);
      check(same(e, expected), description, () => `rejected with ${format_value(e)}, expected ${format_value(expected)}`);
    },
    promise_rejects_dom: async (t, type, ...rest) => {
      const constructor = typeof rest[0] === "function" ? rest.shift() : DOMException;
      isDOMException(await rejection(rest[0], rest[1]), type, constructor, rest[1]);
    },
    promise_rejects_quotaexceedederror: async (t, ...rest) => {
      const constructor = typeof rest[0] === "function" ? rest.shift() : QuotaExceededError;
      const [promise, quota, requested, description] = rest;
      isQuotaExceeded(await rejection(promise, description), constructor, quota, requested, description);
    },
  });
})();
