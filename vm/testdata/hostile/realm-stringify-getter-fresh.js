// category: realm; attack: JSON.stringify of endless fresh getters (JS); expect: stackoverflow
function mk(){return {get a(){return mk()}}} return JSON.stringify(mk())
