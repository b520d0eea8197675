// category: gopanic; attack: exec set to undefined then generic replace; expect: error
var r=/a/;r.exec=undefined;return 'xa'.replace(r,'b')
