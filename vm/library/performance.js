"use strict";
// performance: https://w3c.github.io/hr-time/#the-performance-interface. It is no EventTarget, since there are no events of it.

const { describe } = shared("webidl");

class Performance {
  #origin;

  constructor() {
    if (arguments[0] !== native) throw new TypeError("Illegal constructor");
    this.#origin = native.origin();
  }

  get timeOrigin() { return this.#origin; }

  now() { return this.#origin && native.now(); }

  toJSON() { return { timeOrigin: this.#origin }; }
}

return { Performance: describe(Performance), performance: new Performance(native) };
