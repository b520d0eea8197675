// category: parser; attack: BOM and exotic white space; expect: ok
﻿   var a=1;a
