// category: native-array; attack: concat of a spreadable array-like; expect: timeout
return [].concat({length:2**53-2,[Symbol.isConcatSpreadable]:true})
