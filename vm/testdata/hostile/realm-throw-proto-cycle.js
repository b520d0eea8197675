// category: realm; attack: errors.As on a thrown object with a prototype cycle; expect: error
var t={};Object.setPrototypeOf(t,new Proxy(t,{}));throw t
