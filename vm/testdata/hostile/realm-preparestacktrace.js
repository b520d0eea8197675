// category: realm; attack: Error.prepareStackTrace and captureStackTrace; expect: ok
Error.prepareStackTrace=function(){for(;;);};Error.stackTraceLimit=1e9;return typeof new Error('x').stack+typeof Error.captureStackTrace
