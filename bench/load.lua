-- wrk: every request its own path or body, and its own Idempotency-Key; prints one JSON line at the end.
-- Arguments: mode (get|query), run id (makes keys unique), token, file with one key per line.
local counter, threads = 0, {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  mode, run, token = arguments[1], arguments[2], arguments[3]
  lines = {}
  for line in io.lines(arguments[4]) do lines[#lines + 1] = line end
  bad = 0
end

function request()
  counter = counter + 1
  local line = lines[(counter * 7 + number * 13) % #lines + 1]
  if mode == "get" then return wrk.format("GET", line) end
  return wrk.format("POST", "/api/v1/queries", {
    ["Host"] = "hub", ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token,
    ["Idempotency-Key"] = run .. "-" .. number .. "-" .. counter,
  }, line)
end

function response(status) if status ~= 200 then bad = bad + 1 end end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("bad") end
  io.write(string.format('\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "bad": %d, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, refused,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
