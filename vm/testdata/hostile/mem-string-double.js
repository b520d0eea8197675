// category: memory; attack: string doubling; expect: memory
var s='x';for(;;)s+=s
