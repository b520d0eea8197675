"use strict";
// db: databases, which the host reaches behind functions whose names begin with db:

const { call } = native;

// rowsOf returns rows as objects. Where columns have one name, the last one counts.
function rowsOf({ columns, rows }) {
  return rows.map((values) => {
    const row = Object.create(null); // until all names are there: one may be __proto__
    for (let i = 0; i < columns.length; i++) row[columns[i]] = values[i];
    return Object.setPrototypeOf(row, Object.prototype);
  });
}

async function query(sql, params, tx) { return rowsOf(await call("db:query", sql, params ?? null, tx)); }

// statement returns the text of a statement.
function statement(sql) {
  if (typeof sql !== "string") throw new TypeError("The statement must be a text");
  return sql;
}

const db = {
  async query(sql, params = null) { return query(statement(sql), params, null); },
  async exec(sql, params = null) { return call("db:exec", statement(sql), params ?? null, null); },

  // tx calls f with a transaction, which is committed when what f returns is there, and rolled back when f fails.
  async tx(f, options = null) {
    if (typeof f !== "function") throw new TypeError("db.tx needs a function");
    const id = await call("db:begin", options ?? null);
    let ended = false;
    const own = (sql) => {
      if (ended) throw new TypeError("The transaction has ended");
      return statement(sql);
    };
    const tx = Object.freeze({
      async query(sql, params = null) { return query(own(sql), params, id); },
      async exec(sql, params = null) { return call("db:exec", own(sql), params ?? null, id); },
    });
    let result;
    try {
      result = await f(tx);
    } catch (error) {
      ended = true;
      try {
        await call("db:rollback", id);
      } catch {
        // what failed before says more
      }
      throw error;
    }
    ended = true;
    await call("db:commit", id);
    return result;
  },
};

return { db: Object.freeze(db) };
