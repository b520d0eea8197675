// category: realm; attack: caller and callee access; expect: error
return (function(){'use strict';return arguments.callee})()
