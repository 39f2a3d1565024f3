-- A lookup of a random label.
local codes = {}
for line in io.lines(os.getenv("TARGETS")) do table.insert(codes, line) end
function request() return wrk.format("GET", "/api/labels/" .. codes[math.random(#codes)]) end
