// category: loop; attack: sort comparator never returns; expect: timeout
return [3,2,1].sort(function(){for(;;);})
