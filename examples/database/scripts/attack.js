// What the author of a script may try. Each attempt ends with the reason why it failed.
const reasons = [];
for (const attempt of [
  () => db.exec("DELETE FROM orders; DROP TABLE orders"),
  () => db.exec("ATTACH 'globex.db' AS other"),
  () => db.query("SELECT * FROM globex.orders"),
  () => db.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
  () => db.tx(async tx => {
    await tx.exec("DELETE FROM orders");
    throw new Error("changed my mind");
  }),
]) {
  try {
    await attempt();
    reasons.push("it worked");
  } catch (e) {
    reasons.push(e.message);
  }
}
return reasons;
