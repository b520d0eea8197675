// category: native-array; attack: default sort of 1.6M strings is all native; expect: timeout
return 'qwertyuiopasdfgh'.repeat(1e5).split('').sort().length
