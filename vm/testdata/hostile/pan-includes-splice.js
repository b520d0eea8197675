// category: gopanic; attack: includes start valueOf splices the array empty so the fast path slices out of range; expect: ok
var a=[1,2,3,4,5,6,7,8];return a.includes(1,{valueOf(){a.splice(0);return 2}})
