// What each customer paid, the best one first.
const rows = await db.query(
  "SELECT customer, sum(total) AS total FROM orders WHERE total >= :least GROUP BY customer ORDER BY total DESC",
  { least: input.least },
);
return rows.map(r => `${r.customer}: ${r.total}`);
