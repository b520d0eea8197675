// RegExp.escape of halves of surrogate pairs, each of which becomes six characters.
for (const text = "\ud800".repeat(2.5e6);;) RegExp.escape(text);
