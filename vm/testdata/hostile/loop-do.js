// category: loop; attack: do while with side effects; expect: timeout
var i=0; do { i++ } while(i=i|1)
