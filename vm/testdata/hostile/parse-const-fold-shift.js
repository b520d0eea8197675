// category: parser; attack: constant folded BigInt shift panics in the compiler; expect: error
1n<<9223372036854775808n
