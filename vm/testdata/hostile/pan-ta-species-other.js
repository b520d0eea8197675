// category: gopanic; attack: slice with species of a different element size; expect: error
var a=new Uint8Array(8);a.constructor={[Symbol.species]:Float64Array};return a.slice(0,8).length
