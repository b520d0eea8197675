"use strict";
// Event and CustomEvent: https://dom.spec.whatwg.org/#events

const { describe, constants, need, dictionary } = shared("webidl");
const { assign, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;

const phases = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };

// trusted is the getter of isTrusted, which each event has as a property of its own.
const trusted = {
  get: getOwnPropertyDescriptor({ get isTrusted() { return stateOf(this).trusted; } }, "isTrusted").get,
  enumerable: true, configurable: false,
};

class Event {
  #state;

  constructor(type, init = undefined) {
    need(1, arguments, "Event");
    const name = `${type}`;
    const { bubbles = false, cancelable = false, composed = false } = dictionary(init, "The second argument of an event");
    this.#state = {
      type: name, bubbles: !!bubbles, cancelable: !!cancelable, composed: !!composed, trusted: false, time: native.now(),
      target: null, currentTarget: null, phase: phases.NONE,
      initialized: true, dispatched: false, stopped: false, stoppedAtOnce: false, canceled: false, passive: false,
    };
    defineProperty(this, "isTrusted", trusted);
  }

  static state(event) { return event.#state; }
  static is(value) { return #state in value; }

  get type() { return this.#state.type; }
  get target() { return this.#state.target; }
  get srcElement() { return this.#state.target; }
  get currentTarget() { return this.#state.currentTarget; }
  composedPath() { return this.#state.currentTarget === null ? [] : [this.#state.currentTarget]; }

  get eventPhase() { return this.#state.phase; }
  stopPropagation() { this.#state.stopped = true; }
  get cancelBubble() { return this.#state.stopped; }
  set cancelBubble(value) { if (value) this.#state.stopped = true; }
  stopImmediatePropagation() { this.#state.stopped = this.#state.stoppedAtOnce = true; }

  get bubbles() { return this.#state.bubbles; }
  get cancelable() { return this.#state.cancelable; }
  get returnValue() { return !this.#state.canceled; }
  set returnValue(value) { if (!value) cancel(this.#state); }
  preventDefault() { cancel(this.#state); }
  get defaultPrevented() { return this.#state.canceled; }
  get composed() { return this.#state.composed; }
  get timeStamp() { return this.#state.time; }

  initEvent(type, bubbles = false, cancelable = false) {
    need(1, arguments, "initEvent");
    initialize(this.#state, `${type}`, !!bubbles, !!cancelable);
  }
}

const { state: stateOf, is: hasState } = Event;
delete Event.state;
delete Event.is;

function isEvent(value) { return typeof value === "object" && value !== null && hasState(value); }

function cancel(state) {
  if (state.cancelable && !state.passive) state.canceled = true;
}

// initialize is https://dom.spec.whatwg.org/#concept-event-initialize, but for an event that is being dispatched.
function initialize(state, type, bubbles, cancelable) {
  if (state.dispatched) return false;
  assign(state, {
    type, bubbles, cancelable, trusted: false, target: null, initialized: true, stopped: false, stoppedAtOnce: false, canceled: false,
  });
  return true;
}

class CustomEvent extends Event {
  #detail;

  constructor(type, init = undefined) {
    need(1, arguments, "CustomEvent");
    super(type, init);
    const { detail = null } = dictionary(init, "The second argument of an event");
    this.#detail = detail;
  }

  get detail() { return this.#detail; }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    need(1, arguments, "initCustomEvent");
    if (initialize(stateOf(this), `${type}`, !!bubbles, !!cancelable)) this.#detail = detail;
  }
}

describe(Event);
describe(CustomEvent);
constants(Event, phases);

// trust makes an event that the platform itself dispatches.
function trust(type) {
  const event = new Event(type);
  stateOf(event).trusted = true;
  return event;
}

// inspect returns what an event shows to people.
function inspect(value) {
  if (!isEvent(value)) return undefined;
  const { type, cancelable, canceled } = stateOf(value);
  return { __proto__: getPrototypeOf(value), type, cancelable, defaultPrevented: canceled };
}

return { Event, CustomEvent, phases, isEvent, stateOf, trust, inspect };
