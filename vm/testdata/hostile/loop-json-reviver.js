// category: loop; attack: JSON.parse reviver spins; expect: timeout
return JSON.parse('[1]',function(){for(;;);})
