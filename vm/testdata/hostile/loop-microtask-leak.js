// category: loop; attack: pending microtask queued before an interrupted loop must not run later; expect: timeout; host: rerun
globalThis.leaked='no';Promise.resolve().then(function(){leaked='YES'}); for(;;);
