-- wrk's requests: suggestions for texts of a file (TEXTS), as often as people ask: the k-th most frequent is asked for
-- 1/k times as often as the first (Zipf); the share FRESH of them is new. Prints one line of JSON in the end.
local texts, sums, total = {}, {}, 0
local fresh = tonumber(os.getenv("FRESH") or "0")
local n = tonumber(os.getenv("N") or "8")
local task = os.getenv("TASK") or "query"

local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  math.randomseed(number + tonumber(os.getenv("SEED") or "1"))
  for line in io.lines(os.getenv("TEXTS")) do
    texts[#texts + 1] = line
    total = total + 1 / #texts
    sums[#sums + 1] = total
  end
  asked, suggestions, cached, shed, failed = 0, 0, 0, 0, 0
end

local function pick()
  local at, low, high = math.random() * total, 1, #sums
  while low < high do
    local middle = math.floor((low + high) / 2)
    if sums[middle] < at then low = middle + 1 else high = middle end
  end
  return texts[low]
end

function request()
  local text = pick()
  asked = asked + 1
  if math.random() < fresh then text = text .. " " .. number .. " " .. asked end
  return wrk.format("POST", "/v1/suggest", { ["Content-Type"] = "application/json" },
    '{"text": "' .. text .. '", "tasks": ["' .. task .. '"], "n": ' .. n .. "}")
end

function response(status, headers, body)
  if status == 200 then
    suggestions = suggestions + select(2, body:gsub('"id":', ""))
    if body:find('"cached":true', 1, true) then cached = cached + 1 end
  elseif status == 429 then
    shed = shed + 1
  else
    failed = failed + 1
  end
end

function done(summary, latency, requests)
  local all = { suggestions = 0, cached = 0, shed = 0, failed = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(all) do all[name] = all[name] + (thread:get(name) or 0) end
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "suggestions": %d, "cached": %d, "shed": %d, "failed": %d, "p50": %.1f, "p99": %.1f}\n',
    summary.requests, summary.duration / 1e6, all.suggestions, all.cached, all.shed,
    all.failed + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
