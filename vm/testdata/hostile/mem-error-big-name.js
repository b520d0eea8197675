// category: output; attack: error with 200 MB name and message; expect: error
var e=new Error('x'.repeat(2e8));e.name='y'.repeat(2e8);throw e
