// category: stack-native; attack: promise resolved with 1M nested promises; expect: stackoverflow
var p=Promise.resolve();for(var i=0;i<1e6;i++){let q=p;p=new Promise(function(r){r(q)})}return p
