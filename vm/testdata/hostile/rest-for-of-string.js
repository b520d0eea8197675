for (const {...r} of ["x".repeat(1e7)]) {}
