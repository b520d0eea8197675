// category: realm; attack: JSON.stringify replaced by a loop the host will call; expect: timeout; host: jsonstringify
JSON.stringify=function(){for(;;);};return ({a:1})
