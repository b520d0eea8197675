// category: parser; attack: bad escapes in templates; expect: syntax
`\u{110000}`
