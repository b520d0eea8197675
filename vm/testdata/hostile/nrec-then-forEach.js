// category: stack-native; attack: thenable whose then is forEach: endless microtasks with no bytecode; expect: timeout
var t=[];t[0]=t;t.then=t.forEach;Promise.resolve(t);return 0
