// category: native-iter; attack: call with 3M spread arguments: the value stack grows 1024 slots at a time; expect: memory
return (function(){return arguments.length})(...'x'.repeat(3e6).split(''))
