// category: stack-js; attack: class ctor instantiates itself; expect: stackoverflow
class A{constructor(){new this.constructor}} return new A
