// category: loop; attack: Symbol.hasInstance spins; expect: timeout
return 1 instanceof {[Symbol.hasInstance](){for(;;);}}
