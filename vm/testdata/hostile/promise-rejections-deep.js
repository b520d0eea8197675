// Errors with long stacks as the reasons of rejections.
function deep(n) {
  if (n > 0) return deep(n - 1);
  for (;;) Promise.reject(new Error("x"));
}
return deep(900);
