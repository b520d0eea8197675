// category: stack-native; attack: RegExp source with 12M open groups; expect: error
return new RegExp('('.repeat(12e6))
