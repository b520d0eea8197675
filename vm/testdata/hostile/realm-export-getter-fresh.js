// category: realm; attack: getter returns a fresh object with the same getter: endless Export; expect: stackoverflow
function mk(){return {get a(){return mk()}}} return mk()
