// category: loop; attack: endless loop in a Proxy has trap; expect: timeout
return 'a' in new Proxy({}, {has(){for(;;);}})
