// category: regexp; attack: lone surrogates with u flag replace; expect: ok
return '\ud83d\ude00\ud83da'.replace(/./gu,'x')
