// category: loop; attack: await in an endless loop; expect: timeout
return (async()=>{for(;;)await null})()
