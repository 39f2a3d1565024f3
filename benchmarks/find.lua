-- One search after another, from a file of addresses.
local paths = {}
for line in io.lines(os.getenv("TARGETS")) do paths[#paths + 1] = line end
math.randomseed(os.time())
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
