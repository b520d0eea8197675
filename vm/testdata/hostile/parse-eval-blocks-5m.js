// category: parser; attack: eval of 5M nested blocks; expect: error
eval('{'.repeat(5e6))
