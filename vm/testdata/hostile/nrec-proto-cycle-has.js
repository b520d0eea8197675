// category: stack-native; attack: prototype cycle through a Proxy then in operator; expect: stackoverflow
var t={};Object.setPrototypeOf(t,new Proxy(t,{}));return 'x' in t
