// What tests of the suite call beside assertions, and how they are run. The function wpt.report of the host takes results; input
// says which file it is and how many milliseconds a test may take.
(() => {
  const { setTimeout, clearTimeout, queueMicrotask, wpt } = globalThis;
  const { file, limit } = input;

  let running = 0; // tests that are not over
  let loaded = false;
  let explicitDone = false;
  let single; // the only test of a file that is one
  let finish; // resolves when the file is over

  // Results go to the host in batches, so that those of a run that is ended are not lost.
  let batch = [];
  let recorded = 0;
  let last;
  const flush = () => {
    if (batch.length > 0) last = wpt.report(batch);
    batch = [];
  };
  const record = (name, status, message = "") => {
    if (batch.length === 0) queueMicrotask(flush);
    batch.push({ order: recorded++, name, status, message: String(message).slice(0, 1000) });
  };

  const textOf = (e) => {
    try {
      return e instanceof AssertionError
        ? e.message
        : e instanceof Error
          ? `${e.name}: ${e.message} ${String(e.stack).split("\n").slice(1, 4).join(" ")}`
          : `threw ${format_value(e)}`;
    } catch (failed) {
      return "threw what has no text";
    }
  };

  const harnessError = (e) => record("(file)", "error", textOf(e));

  let checking = false; // a script has so many timers and no more, and a file may have more tests
  const checkEnd = () => {
    if (checking) return;
    checking = true;
    setTimeout(() => {
      checking = false;
      if (loaded && running === 0 && !explicitDone) finish();
    });
  };

  class Test {
    constructor(name, properties) {
      this.name = String(name ?? file);
      this.properties = properties ?? {};
      this.cleanups = [];
      this.over = new Promise((resolve) => {
        this.end = resolve;
      });
      running++;
    }

    start(self = this) {
      this.self = self;
      this.timer = setTimeout(() => this.conclude("timeout"), limit);
    }

    step(f, self, ...args) {
      if (this.status !== undefined) return;
      try {
        return f.apply(self ?? this, args);
      } catch (e) {
        this.fail(e);
      }
    }

    fail(e) {
      if (e instanceof NotImplemented) this.conclude("not implemented", e.message);
      else this.conclude("fail", textOf(e));
    }

    done() {
      this.conclude("pass");
    }

    conclude(status, message) {
      if (this.status !== undefined) return;
      this.status = status;
      clearTimeout(this.timer);
      record(this.name, status, message);
      this.cleanUp(
        this.cleanups.map((f) => {
          try {
            return f();
          } catch (e) {
            harnessError(e);
          }
        }),
      );
    }

    async cleanUp(results) {
      try {
        for (const result of results) await result;
      } catch (e) {
        harnessError(e);
      }
      running--;
      this.end();
      checkEnd();
    }

    add_cleanup(f) {
      this.cleanups.push(f);
    }

    step_func(f, self) {
      return (...args) => this.step(f, self ?? this, ...args);
    }

    step_func_done(f, self) {
      return (...args) => {
        if (f) this.step(f, self ?? this, ...args);
        this.done();
      };
    }

    unreached_func(description) {
      return this.step_func(() => assert_unreached(description));
    }

    step_timeout(f, ms, ...args) {
      return setTimeout(
        this.step_func(() => f.apply(this, args)),
        ms,
      );
    }

    step_wait_func(condition, f, description, timeout = 3000, interval = 100) {
      const end = Date.now() + timeout;
      const look = this.step_func(() => {
        if (condition()) return f();
        assert_true(Date.now() < end, `${description ?? ""}: waited too long`);
        setTimeout(look, interval);
      });
      look();
    }

    step_wait_func_done(condition, f, ...rest) {
      this.step_wait_func(
        condition,
        () => {
          f?.();
          this.done();
        },
        ...rest,
      );
    }

    step_wait(condition, ...rest) {
      return new Promise((resolve) => this.step_wait_func(condition, resolve, ...rest));
    }

    get_signal() {
      const controller = new AbortController();
      this.add_cleanup(() => controller.abort());
      return controller.signal;
    }
  }

  const queue = []; // promise tests run one after the other
  let draining = false;
  const enqueue = (f) => {
    queue.push(f);
    if (draining) return;
    draining = true;
    queueMicrotask(async () => {
      while (queue.length > 0) await queue.shift()();
      draining = false;
    });
  };

  const follow = async (t, f) => {
    t.start();
    const promise = t.step(f, t, t);
    if (t.status !== undefined) return;
    try {
      if (typeof promise?.then !== "function") assert_unreached("the test returned no promise");
      await promise;
      t.done();
    } catch (e) {
      t.fail(e);
    }
  };

  Object.assign(globalThis, {
    setup: (f, properties = typeof f === "object" ? f : {}) => {
      explicitDone ||= Boolean(properties.explicit_done);
      if (properties.single_test) {
        single = new Test();
        single.start();
      }
      if (typeof f === "function") f();
    },
    promise_setup: (f) =>
      enqueue(async () => {
        try {
          await f();
        } catch (e) {
          harnessError(e);
        }
      }),
    done: () => {
      explicitDone = false;
      single?.done();
      checkEnd();
    },
    test: (f, name, properties) => {
      const t = new Test(name, properties);
      const result = t.step(f, t, t);
      if (typeof result?.then === "function") t.fail(new AssertionError("the test returned a promise"));
      t.done();
    },
    async_test: (f, name, properties) => {
      const t = typeof f === "function" ? new Test(name, properties) : new Test(f, name);
      t.start();
      if (typeof f === "function") t.step(f, t, t);
      return t;
    },
    promise_test: (f, name, properties) => {
      const t = new Test(name, properties);
      enqueue(async () => {
        follow(t, f);
        await t.over;
      });
    },
    generate_tests: (f, cases, properties) => {
      for (const [name, ...args] of cases) test(() => f(...args), name, properties);
    },
    step_timeout: (f, ms, ...args) => setTimeout(() => f(...args), ms),
    add_completion_callback: () => {},
    add_result_callback: () => {},
    add_start_callback: () => {},

    // runTestFile runs the body of a file to its end.
    runTestFile: async (body) => {
      const over = new Promise((resolve) => {
        finish = resolve;
      });
      try {
        body.call(globalThis);
      } catch (e) {
        if (single) single.fail(e);
        else harnessError(e);
      }
      loaded = true;
      checkEnd();
      await over;
      flush();
      await last;
    },
  });
})();
