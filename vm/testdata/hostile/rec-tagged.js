// category: stack-js; attack: tagged template recursion; expect: stackoverflow
function t(){t`x`} return t()
