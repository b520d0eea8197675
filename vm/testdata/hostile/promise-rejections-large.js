// Promises that are rejected, with reasons that nobody else holds.
for (;;) Promise.reject(new Array(1000).fill(0));
