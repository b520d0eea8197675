// category: memory; attack: many Dates; expect: memory
var a=[];for(;;)a.push(new Date)
