// category: realm; attack: indirect eval reaches the global scope; expect: ok
(0,eval)('var leakedGlobal=1');return typeof leakedGlobal
