// category: stack-js; attack: species constructor maps again; expect: stackoverflow
class A extends Array{constructor(n){super();[1].map.call(this,x=>x)}} return new A(1)
