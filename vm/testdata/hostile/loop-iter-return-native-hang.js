// category: loop; attack: iterator return is a native endless indexOf run while the interrupt unwinds; expect: timeout
var it={[Symbol.iterator](){return {next(){return{done:false}},return:Array.prototype.indexOf.bind({length:2**53-1},0)}}}; for(var x of it){for(;;);}
