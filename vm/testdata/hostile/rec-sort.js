// category: stack-js; attack: sort comparator sorts again; expect: stackoverflow
function c(){[2,1].sort(c)} return c()
