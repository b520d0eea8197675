// category: gopanic; attack: iterator without next in yield star; expect: error
function* g(){yield* {[Symbol.iterator](){return {}}}} return g().next()
