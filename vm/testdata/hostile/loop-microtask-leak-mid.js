// category: loop; attack: jobs behind an interrupted microtask must not run later; expect: timeout; host: rerun
globalThis.leaked='no';var p=Promise.resolve();p.then(function(){for(;;);});return p.then(function(){leaked='YES'});
