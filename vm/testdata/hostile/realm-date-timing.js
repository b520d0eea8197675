// category: realm; attack: high resolution timing and time zone are visible; expect: ok
return [new Date().getTimezoneOffset(),Date.now()>0,new Date().toString()].join()
