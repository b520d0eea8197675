// category: parser; attack: new Function body of 5M nested brackets; expect: error
new Function('['.repeat(5e6))
