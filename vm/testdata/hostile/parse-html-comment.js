// category: parser; attack: HTML-like comments; expect: syntax
<!-- x
1
