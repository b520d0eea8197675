// category: native-bigint; attack: asIntN(2**53-1, 1n); expect: ok
BigInt.asIntN(2**53-1,1n);return 0
