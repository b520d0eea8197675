// category: loop; attack: tag function spins; expect: timeout
(function(){for(;;);})`x${1}`
