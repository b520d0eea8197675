// category: gopanic; attack: iterator without next in destructuring; expect: error
var [a]={[Symbol.iterator](){return {}}}
