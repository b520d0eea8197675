// category: regexp; attack: global replace on an 8M char unicode string preallocates 48 bytes per char; expect: memory
var s='\u0101'+'a'.repeat(8e6);return s.replace(/\u0101/g,'').length
