-- wrk's part: asks for the issues of many readers, each with their own token, and reports as JSON.
-- Argument: a file with a line for each request, "target TAB token".

local threads = 0
local prepared = {}
local nextOne = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local target, token = line:match("^(%S+)\t(%S+)$")
    prepared[#prepared + 1] = wrk.format("GET", target, {
      ["Authorization"] = "JWT " .. token,
      ["X-Forwarded-For"] = "203.0.113.7",
      ["X-Forwarded-Proto"] = "https",
    })
  end
  -- The threads walk through the same readers, far from each other.
  nextOne = number * 1543
end

function request()
  nextOne = nextOne % #prepared + 1
  return prepared[nextOne]
end

function done(summary, latency, _)
  local errors = summary.errors
  print(string.format(
    '\n{"requests": %d, "seconds": %.3f, "bytes": %d, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, '
      .. '"max_ms": %.3f, "errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
