// category: parser; attack: octal and with in strict mode; expect: syntax
'use strict';010;with({}){}
