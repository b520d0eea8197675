// category: realm; attack: constructor.constructor returns the global; expect: ok
return this.constructor.constructor('return this')()===globalThis
