// category: stack-native; attack: prototype cycle through a Proxy then write; expect: stackoverflow
var t={};Object.setPrototypeOf(t,new Proxy(t,{}));return t.x=1
