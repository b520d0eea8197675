// category: realm; attack: freezes globals so that the next tenant's setup fails; expect: ok; host: rerun
Object.freeze(globalThis);Object.freeze(Object.prototype);return 0
