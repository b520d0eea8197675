"use strict";
// db: databases, which the host reaches behind functions whose names begin with db:

const { callAs, isUnhandled, later } = native;
const { then, rejected, handled, deferred } = shared("settling");

// rowsOf returns rows as objects. Where columns have one name, the last one counts.
function rowsOf({ columns, rows }) {
  return rows.map((values) => {
    const row = Object.create(null); // until all names are there: one may be __proto__
    for (let i = 0; i < columns.length; i++) row[columns[i]] = values[i];
    return Object.setPrototypeOf(row, Object.prototype);
  });
}

// statement returns the text of a statement.
function statement(sql) {
  if (typeof sql !== "string") throw new TypeError("The statement must be a text");
  return sql;
}

// Statements of one transaction are made in the order in which they were called, whether the script awaits them or not.
async function query(self, sql, params, id) {
  return rowsOf(await callAs(`${self}.query(sql, params)`, id, "db:query", statement(sql), params ?? null, id));
}

async function exec(self, sql, params, id) {
  return callAs(`${self}.exec(sql, params)`, id, "db:exec", statement(sql), params ?? null, id);
}

// Transaction keeps account of what is called on one tx.
class Transaction {
  #id;
  #ended = false;
  #returned = false; // the author's function did, so nobody in it waits for what is under way
  #pending = 0;
  #idle; // is resolved when nothing is pending
  #failures = [];

  constructor(id) { this.#id = id; }

  // face is what the author's function gets.
  face() {
    return Object.freeze({
      query: (sql, params = null) => this.#run(query, sql, params),
      exec: (sql, params = null) => this.#run(exec, sql, params),
    });
  }

  #run(make, sql, params) {
    if (this.#ended) return rejected(new TypeError("The transaction has ended"));
    this.#pending++;
    const promise = then(make("tx", sql, params, this.#id), (result) => {
      this.#settled();
      return result;
    }, (error) => {
      this.#failures.push({ promise, error, late: this.#returned });
      this.#settled();
      throw error;
    });
    return promise;
  }

  #settled() {
    if (--this.#pending === 0) this.#idle?.resolve();
  }

  // end waits for all that was called, and for what is called in consequence. It returns the first failure that the author's
  // function cannot have dealt with.
  async end() {
    this.#returned = true;
    while (this.#pending > 0) {
      this.#idle = deferred();
      await this.#idle.promise;
      await new Promise((resolve) => later(0, resolve)); // whoever awaits the last result goes on first
    }
    this.#ended = true;
    let first;
    for (let i = 0; i < this.#failures.length; i++) {
      const failure = this.#failures[i];
      if (failure.late || isUnhandled(failure.promise)) first ??= failure;
      handled(failure.promise); // the transaction fails in its place
    }
    return first;
  }
}

async function rollback(id) {
  try {
    await callAs("db.tx", null, "db:rollback", id);
  } catch {
    // what failed before says more
  }
}

const db = {
  async query(sql, params = null) { return query("db", sql, params, null); },
  async exec(sql, params = null) { return exec("db", sql, params, null); },

  // tx calls f with a transaction, which is committed when what f returns is there and all that was called has been done. It is
  // rolled back when either fails.
  async tx(f, options = null) {
    if (typeof f !== "function") throw new TypeError("db.tx needs a function");
    const id = await callAs("db.tx(options)", null, "db:begin", options ?? null);
    const transaction = new Transaction(id);
    let result;
    try {
      result = await f(transaction.face());
    } catch (error) {
      await transaction.end();
      await rollback(id);
      throw error;
    }
    const failure = await transaction.end();
    if (failure) {
      await rollback(id);
      throw failure.error;
    }
    await callAs("db.tx", null, "db:commit", id);
    return result;
  },
};

return { db: Object.freeze(db) };
