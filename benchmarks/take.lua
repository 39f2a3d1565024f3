-- One take of one piece of a random bulk lot, each request with an id of its own.
local targets = {}
for line in io.lines(os.getenv("TARGETS")) do table.insert(targets, line) end
local threads = 0
-- each thread has variables of its own: with the same seed both would send the same ids
function setup(thread) threads = threads + 1; thread:set("seed", threads) end
function init(args) math.randomseed(os.time() * 100 + seed) end
local function hex(n)
  local out = {}
  for i = 1, n do out[i] = string.format("%x", math.random(0, 15)) end
  return table.concat(out)
end
function request()
  local id = hex(8) .. "-" .. hex(4) .. "-4" .. hex(3) .. "-8" .. hex(3) .. "-" .. hex(12)
  local lot, place = targets[math.random(#targets)]:match("(%S+) (%S+)")
  local body = string.format('{"id":"%s","kind":"consume","lot":"%s","from":"%s","quantity":"1"}', id, lot, place)
  return wrk.format("POST", "/api/movements", {["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}, body)
end
local bad = 0
function response(status) if status ~= 201 then bad = bad + 1; if bad < 3 then io.stderr:write("status " .. status .. "\n") end end end
