// category: realm; attack: Function constructor survives deletion of the global; expect: ok
delete globalThis.Function;delete globalThis.eval;return [(function(){}).constructor('return 1')(),(()=>1).constructor('return 2')(),(function*(){}).constructor('yield 3')().next().value,typeof (async()=>1).constructor('return 4')()].join()
