// category: loop; attack: Symbol.species constructor spins; expect: timeout
class A extends Array{static get [Symbol.species](){for(;;);}} return new A(3).map(x=>x)
