// category: parser; attack: lone surrogates in identifiers, strings and keys; expect: ok
var o={'\ud800':1,'\udfff':2};JSON.stringify(o)+Object.keys(o).join()
