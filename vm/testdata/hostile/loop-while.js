// category: loop; attack: plain infinite while; expect: timeout
while(true){}
