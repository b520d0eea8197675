// category: regexp; attack: unicode flag with lastIndex inside a surrogate pair at the end; expect: ok
var r=/a/gu;r.lastIndex=3;return r.exec('\ud83d\ude00')
