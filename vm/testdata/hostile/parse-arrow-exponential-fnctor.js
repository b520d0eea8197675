// category: parser; attack: exponential arrow parse reached through the Function constructor of an arrow; expect: timeout
(()=>0).constructor('return '+'(a='.repeat(60)+'0'+')=>0'.repeat(60))
