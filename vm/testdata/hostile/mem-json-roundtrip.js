// category: memory; attack: JSON round trip doubling; expect: memory
var o=[1];for(;;)o=JSON.parse(JSON.stringify([o,o]))
