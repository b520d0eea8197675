"use strict";
// The functions of the host that are the library's: those with a colon in their names.

return { call: native.call };
