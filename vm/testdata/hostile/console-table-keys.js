// A table with 100 rows of 200,000 properties.
const o = {};
for (let i = 0; i < 2e5; i++) o["k" + i] = i;
console.table(new Array(100).fill(o));
return 1;
