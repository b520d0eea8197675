// category: stack-js; attack: class field creates its own class; expect: stackoverflow
class A{x=new A} return new A
