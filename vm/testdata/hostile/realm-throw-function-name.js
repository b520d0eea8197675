// category: realm; attack: function name with newlines forges host log lines; expect: error; host: errstack
var f={['a\nFAKE LOG LINE admin=true']:function(){throw new Error('x')}};return f['a\nFAKE LOG LINE admin=true']()
