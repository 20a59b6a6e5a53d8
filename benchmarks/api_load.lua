-- wrk's side of api_load.py: asks what a file says, line after line from a given one on, and tells what it saw as JSON.
local asked, place, headers = {}, 0, {}

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^(.-)\t(.*)$")
    asked[#asked + 1] = {path, body}
  end
  place = tonumber(arguments[3])
  headers["Authorization"] = "Bearer " .. arguments[2]
  headers["X-Purpose"] = "benchmark"
  headers["Content-Type"] = "application/json"
end

function request()
  place = place % #asked + 1
  local path, body = asked[place][1], asked[place][2]
  if body == "" then return wrk.format("GET", path, headers) end
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  local refused = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, "refused": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, refused))
end
