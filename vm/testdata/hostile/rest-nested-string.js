const [{...r}] = ["x".repeat(1e7)]
