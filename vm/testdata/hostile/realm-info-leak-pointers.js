// category: realm; attack: error message prints Go struct with heap pointers; expect: error
try{String(Object.create(null))}catch(e){e.message}
