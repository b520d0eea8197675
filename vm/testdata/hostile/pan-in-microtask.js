// category: gopanic; attack: Go panic inside a microtask leaves the queue; expect: error; host: rerun
globalThis.leaked='no';Promise.resolve().then(function(){Array.from({length:2**53-1})});Promise.resolve().then(function(){leaked='YES'});return 0
