// category: stack-native; attack: JSON.parse reviver walk over a cycle planted by the reviver; expect: stackoverflow
return JSON.parse('[1,[2]]',function(k,v){if(k==='0'){var c=[];c[0]=c;this[1]=c}return v})
