// category: parser; attack: source map index out of range panics when the host prints the error; expect: error; host: errstack
function f(){throw new Error('boom')}
f()
//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXSwibWFwcGluZ3MiOiJBQUFBLEFDQUFDLEFDQUFDLEFDQUFDO0FBQ0EsQUNBQUM7QUFDQTtBQUNBO0FBQ0EifQ==
