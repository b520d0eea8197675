// category: native-string; attack: localeCompare of two 10M strings; expect: timeout
var s='\u00e9'.repeat(1e7);return s.localeCompare(s+'x')
