// Package sqldb gives scripts a database, by way of database/sql. It is off until it is granted:
//
//	db, err := sql.Open("pgx", "postgres://tenant_scripts@db/app")
//	...
//	rt, err := jsruntime.New(store, executor, sqldb.Grant(db, sqldb.ReadOnly()))
//
// Where each tenant has a database or a role of its own, [GrantFunc] takes a function that returns it. Scripts then have
//
//	db.query(sql, params)              an array of the rows, each an object
//	db.exec(sql, params)               {rowsAffected, lastInsertId}, null where the driver does not know
//	db.tx(async tx => ..., options)    what the function returns, once the transaction is committed
//
// tx has query and exec as well; they are made in the order of their calls. The transaction ends when the function has returned and
// all that was called on tx is done, an await forgotten or not. It is rolled back, and db.tx rejected, when the function throws or
// a statement fails whose failure the function has not handled by its return. options are readOnly and isolation, such as
// "serializable". Placeholders are those of the driver, params an array or an object by name. Each statement counts as an API call
// and as a database query.
//
// # What holds a script back
//
// The text of a statement is its author's, and the author is not trusted. So what a script can do is what the connection may
// do, and the wall between tenants is a role, or a database, of the tenant's own, with no right to anything else: [GrantFunc].
// Everything below is a fence in front of that wall.
//
//   - A call makes one statement. It is read as PostgreSQL, MySQL and SQLite read it, and has to be one in each reading: a
//     semicolon with something behind it is refused. SQL Server needs no semicolon between statements, so there this
//     promise does not hold.
//   - Only statements that begin with SELECT, WITH, VALUES, EXPLAIN, INSERT, UPDATE, DELETE, MERGE or REPLACE are made, and
//     what [AllowStatements] adds. So COMMIT, SET, ATTACH, PRAGMA, COPY, DO, CALL and the like are refused. No statement that
//     begins or ends a transaction can be added; scripts have db.tx.
//   - [ReadOnly] leaves the first four of them, in transactions that the driver is asked to make read-only and that are rolled
//     back at their end, whatever the driver made of that. The role should be one that can read only.
//   - [WithScope] runs the application's statements at the start of every transaction, such as SET LOCAL app.tenant for a
//     policy of row-level security. Functions can change such a setting back: in PostgreSQL, SELECT set_config('app.tenant',
//     '...', true) is a SELECT as any other, and set_config('role', ...) sets the role. Row-level security keeps tenants
//     apart when its policies go by session_user or current_user of a role that may not become another; where it goes by
//     a setting, it keeps honest scripts from mistakes.
//   - Functions leave traces in a session: settings, locks, temporary tables. A connection goes back to the pool with them,
//     unless [WithReset] cleans it up. So scripts should have a pool (a sql.DB) that the application does not use itself.
//
// # Values
//
// Parameters are the way to pass values; they never become part of a statement's text. A null, a boolean, a string and a
// Uint8Array are passed as such, a number as an integer where it is whole and below 2^53, as a float otherwise. Parameters by
// name go to drivers that know them.
//
// In rows, a number is a number unless it is an integer that a number cannot hold, from 2^53 on, which becomes a string of its
// digits; NaN and the infinities become the strings "NaN", "Infinity" and "-Infinity". A time becomes a string as
// Date.prototype.toISOString writes it, with as many digits of the second as there are. Bytes are a Uint8Array where the
// column's type is a binary one or the driver does not say, otherwise a string if they are one.
//
// # Bounds
//
// [Limits] bound rows, bytes and time, the connections that a tenant can have at once, and the transactions that a script can
// have open. A result that is too large is an error, never cut off; outside of a transaction the statement may have had its
// effect then. A driver holds a row, or more, in memory before it is counted, so a role that can make rows of many megabytes
// needs a bound of the database's own on its memory and its time.
//
// A pool should let more connections be open than one tenant may have. A transaction that a script leaves open is rolled back
// when its execution ends.
//
// What is wrong with a statement is its author's to know, so the driver's text reaches the script; [WithErrorText] can hide
// it. What is wrong with the connection is not: it goes to [WithLogger].
package sqldb
