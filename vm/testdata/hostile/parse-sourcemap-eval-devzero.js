// category: parser; attack: the same reached through eval; expect: ok
eval('1\n//# sourceMappingURL=file:///dev/zero')
