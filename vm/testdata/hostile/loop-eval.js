// category: loop; attack: endless eval of small sources; expect: timeout
for(;;)eval('1+1')
