// category: memory; attack: split and join doubling; expect: memory
var s='ab';for(;;)s=s.split('').join('xy')
