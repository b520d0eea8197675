// category: native-bigint; attack: asUintN(2**36, -1n); expect: memory
BigInt.asUintN(2**36,-1n);return 0
