// category: native-bigint; attack: 1n << 2**40 folded by the compiler; expect: memory
1n<<1099511627776n;return 0
