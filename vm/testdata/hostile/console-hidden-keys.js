// Each of 10,000 places shows an object with 100,000 properties of which none is shown.
const o = {};
for (let i = 0; i < 1e5; i++) Object.defineProperty(o, "k" + i, { value: 1, enumerable: false });
console.log(new Array(100).fill(new Array(100).fill(o)));
return 1;
