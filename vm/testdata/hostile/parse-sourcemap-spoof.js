// category: realm; attack: source map spoofs the file name and line in host error logs; expect: error; host: errstack
throw new Error('spoof')
//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbIi9ldGMvc2hhZG93Il0sIm1hcHBpbmdzIjoiO0FBQ0E7Ozs7Ozs7QUFDQSJ9
