// category: loop; attack: iterator return is a native endless fill run during unwinding; expect: timeout
var it={[Symbol.iterator](){return {next(){return{done:false}},return:Array.prototype.fill.bind({length:2**53-1},0,0,0)}}}; for(var x of it){for(;;);}
