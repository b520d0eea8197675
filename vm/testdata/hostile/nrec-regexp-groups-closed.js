// category: stack-native; attack: RegExp source with 500k nested closed groups; expect: error
return new RegExp('(?:'.repeat(5e5)+'a'+')'.repeat(5e5))
