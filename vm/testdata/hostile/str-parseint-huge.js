// category: native-string; attack: parseInt of a 50 MB digit string; expect: ok
return parseInt('1'.repeat(5e7))
