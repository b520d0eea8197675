// category: gopanic; attack: Object.prototype.toLocaleString without toString (nil func); expect: error
return Object.prototype.toLocaleString.call(Object.create(null))
