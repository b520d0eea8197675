// category: stack-js; attack: iterator next spreads itself; expect: stackoverflow
var it={[Symbol.iterator](){return this},next(){return [...it]}}; return [...it]
