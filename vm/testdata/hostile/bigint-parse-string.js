// category: native-bigint; attack: BigInt of a 4M digit string; expect: timeout
BigInt('9'.repeat(4e6));return 0
