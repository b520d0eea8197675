// category: native-bigint; attack: 3n ** 50000000n folded by the compiler; expect: timeout
3n**50000000n;return 0
