// category: parser; attack: unterminated everything; expect: syntax
var a=`${[{('
