// category: regexp; attack: many counted repeats just under the RE2 limit compiled in a loop; expect: ok
for(var i=0;i<200;i++)new RegExp('(?:[a-z\u0100-\u2000]{900}|'+i+')')
