// category: memory; attack: BigInt shift doubling; expect: memory
var x=1n,a=[];for(var i=20n;;i++){a.push(x<<(1n<<i))}
