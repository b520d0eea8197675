// Array methods are generic: they work on whatever has a length.
const like = {length: 3, 0: "a", 1: "b", 2: "c"}
const call = (name, ...args) => Array.prototype[name].call(like, ...args)
const results = {
  map: call("map", s => s.toUpperCase()), join: call("join", "+"), slice: call("slice", -2), index: call("indexOf", "c"),
  filter: call("filter", (_, i) => i !== 1), reduce: call("reduce", (x, y) => x + y), every: call("every", s => s.length === 1),
  includes: call("includes", "b"), at: call("at", -1), concat: [].concat(like).length, find: call("find", s => s > "a"),
}
results.push = [call("push", "d"), like.length, like[3]]
results.shift = [call("shift"), like.length, 3 in like]
results.unshift = [call("unshift", "z"), like[0]]
results.reverse = call("reverse") === like
results.splice = [call("splice", 1, 2, "new"), {...like}]
results.fill = {...call("fill", 0, 1)}
const spreadable = {length: 2, 0: "x", 1: "y", [Symbol.isConcatSpreadable]: true}
results.spreadable = ["w"].concat(spreadable)
const stiff = [1, 2]
stiff[Symbol.isConcatSpreadable] = false
results.stiff = [0].concat(stiff).length
results.text = Array.prototype.map.call("hey", c => c + c)
results.from = Array.from({length: 2, 0: "p", 1: "q"})
results.odd = Array.from({length: "2"}).length
results.negative = Array.prototype.slice.call({length: -5, 0: 1})
results.args = (function () { return Array.prototype.slice.call(arguments, 1) })(1, 2, 3)
results.apply = Math.max.apply(null, {length: 3, 0: 4, 1: 9, 2: 2})
return results
