// category: stack-native; attack: JSON.parse of 5M nested arrays; expect: error
return JSON.parse('['.repeat(5e6))
