// category: native-string; attack: repeat count times length overflows int64; expect: error
return 'abcd'.repeat(2**62)
