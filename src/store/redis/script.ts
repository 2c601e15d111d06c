/**
 * Raises one hash, and tells what it holds then. Nothing to raise: nothing is changed.
 *
 * KEYS[1] the hash. ARGV[1] how long it is kept, in milliseconds; then a place and a position, and so on, as `rows.ts`
 * writes them; the position of an unknown write is empty. A field is `=` and a place, with its position, or `?` and a
 * place, with the time until which a write of unknown position is remembered.
 *
 * Lua's numbers are doubles, so that positions stay texts: fixed width, and digits only, which stand in the same order
 * in every locale that the server may run in. Times are numbers: they fit.
 */
export const RAISE = `
local key, ttl = KEYS[1], tonumber(ARGV[1])
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
for i = 2, #ARGV, 2 do
  local place, given = ARGV[i], ARGV[i + 1]
  if given == '' then
    redis.call('HSET', key, '?' .. place, string.format('%.0f', now + ttl))
  else
    local kept = redis.call('HGET', key, '=' .. place)
    if not kept or string.sub(kept, 32) ~= string.sub(given, 32) or string.sub(kept, 1, 31) < string.sub(given, 1, 31) then
      redis.call('HSET', key, '=' .. place, given)
    end
  end
end
if #ARGV > 1 then redis.call('PEXPIRE', key, ttl) end
local fields, found = redis.call('HGETALL', key), {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == '=' or tonumber(fields[i + 1]) > now then
    found[#found + 1] = fields[i]
    found[#found + 1] = fields[i + 1]
  elseif #ARGV > 1 then
    redis.call('HDEL', key, fields[i])
  end
end
return found
`
