// category: gopanic; attack: repeat length overflow reaches strings.Builder.Grow; expect: error
return 'abc'.repeat(6148914691236517205)
