// category: native-array; attack: forEach over 2**32-1 holes never calls back; expect: timeout
return new Array(4294967295).forEach(function(){})
