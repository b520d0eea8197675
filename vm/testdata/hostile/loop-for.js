// category: loop; attack: plain infinite for; expect: timeout
for(;;){}
