// category: loop; attack: thenable that resolves with itself (JS then); expect: timeout
var t={then(r){r(t)}}; return Promise.resolve(t)
