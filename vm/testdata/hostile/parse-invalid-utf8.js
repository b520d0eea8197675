// category: parser; attack: invalid UTF-8 in strings and identifiers; expect: ok
var a='ÿþ€À¯';a.length
