// category: realm; attack: JSON.stringify replaced by a liar; expect: ok; host: jsonstringify
JSON.stringify=function(){return '{"admin":true}'};return ({a:1})
