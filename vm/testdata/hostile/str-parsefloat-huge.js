// category: native-string; attack: parseFloat of a 50 MB digit string; expect: ok
return parseFloat('1'.repeat(5e7))
