// category: native-bigint; attack: asUintN(2**40, 1n) builds a modulus of 128 GiB; expect: ok
BigInt.asUintN(2**40,1n);return 0
