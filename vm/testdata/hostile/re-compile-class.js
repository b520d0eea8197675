// category: regexp; attack: character class with 5M ranges case insensitive; expect: timeout
var s='';for(var i=0;i<40000;i++)s+=String.fromCharCode(256+i);return new RegExp('['+s.repeat(20)+']','i').test('x')
