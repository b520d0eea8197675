// category: gopanic; attack: subarray of a detached-like species buffer; expect: ok
class A extends Uint16Array{static get [Symbol.species](){return Uint8Array}} return new A(4).subarray(1,3).length
