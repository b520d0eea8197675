// category: stack-js; attack: Reflect.construct recursion; expect: stackoverflow
function F(){Reflect.construct(F,[])} return new F
