// category: loop; attack: endless loop in a getter; expect: timeout
return ({get x(){for(;;);}}).x
