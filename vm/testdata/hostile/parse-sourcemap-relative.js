// category: parser; attack: relative sourceMappingURL escapes the script directory; expect: ok
1
//# sourceMappingURL=../../../../../../../../dev/zero
