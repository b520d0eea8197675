// category: loop; attack: class field initialiser spins; expect: timeout
return new (class{x=(()=>{for(;;);})()})
