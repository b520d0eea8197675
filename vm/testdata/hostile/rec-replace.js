// category: stack-js; attack: replace callback recursion; expect: stackoverflow
function f(){'a'.replace('a',f);return ''} return f()
