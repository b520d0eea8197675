// category: native-string; attack: equality of equal 30 MB strings in a loop; expect: timeout
var a='x'.repeat(3e7),b='x'.repeat(3e7);for(;;)a===b
