// category: regexp; attack: splitter exec result with length 2**53-1 loops natively; expect: timeout
var r=/a/;r.exec=function(){r.lastIndex=1;return {length:2**53-1}};class S extends RegExp{exec(s){this.lastIndex=1;return {length:2**53-1}}} return 'xxx'.split(new S('a'))
