// category: regexp; attack: replacement with the whole prefix for each match; expect: memory
return 'a'.repeat(2e5).replace(/a/g,'$`').length
