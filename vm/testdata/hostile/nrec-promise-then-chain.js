// category: stack-native; attack: await chain of 300k then reactions; expect: ok
var p=Promise.resolve(1);for(var i=0;i<3e5;i++)p=p.then(function(x){return x});return 0
