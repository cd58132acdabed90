-- A token bucket a user, for one host, in the memory of one worker. Whole tokens; the rest of the time counts on.
local HOST = 'bench.example'
local MAX_TOKENS = 1e9
local TOKENS_PER_MILLISECOND = 1e6

local buckets = {}

function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get(':authority') ~= HOST then
    return
  end
  local user = headers:get('x-user') or ''
  local now = handle:timestamp()
  local bucket = buckets[user]
  if bucket == nil then
    bucket = { tokens = MAX_TOKENS, filledAt = now }
    buckets[user] = bucket
  end
  bucket.tokens = math.min(MAX_TOKENS, bucket.tokens + (now - bucket.filledAt) * TOKENS_PER_MILLISECOND)
  bucket.filledAt = now
  if bucket.tokens < 1 then
    handle:respond({ [':status'] = '429', ['x-local-rate-limit'] = 'true' }, '')
    return
  end
  bucket.tokens = bucket.tokens - 1
end
