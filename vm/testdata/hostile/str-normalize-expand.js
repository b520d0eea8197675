// category: native-string; attack: NFKD expands U+FDFA 18 times; expect: memory
return '\ufdfa'.repeat(1e7).normalize('NFKD').length
