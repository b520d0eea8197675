// category: realm; attack: host function exposes Function; expect: ok
return print.constructor('return typeof print')()
