//! What is done with a store on a server, each thing in one step: scripts that the server runs. A store is there as three keys:
//! the values by key, the moment at which each key ends (of which a list is read, without any value), and how many bytes all
//! of it comes to. So a store's quotas hold exactly, whoever writes.
//!
//! What has had its time is seen by nobody; it takes up room until a write sweeps it up, some with each write, and more where
//! there is no room otherwise. The time is that of the server. A server that is full refuses a script's first write and none
//! after it: the value comes first, so that what is counted is what is there, and nothing is written that need not be.

use std::sync::LazyLock;

use redis::Script;

/// What all scripts begin with: the time in milliseconds, and whether a key is there now.
macro_rules! reads {
    ($body:literal) => {
        concat!(
            "local VALUES, ENDS, BYTES = KEYS[1], KEYS[2], KEYS[3]
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local function lives(key)
                local ends = redis.call('ZSCORE', ENDS, key)
                return ends and tonumber(ends) > now
            end
            ",
            $body
        )
    };
}

/// What all scripts begin with that write: besides, what is over is removed as it is met, and bytes are counted.
///
/// The first arguments are the quotas of keys and of bytes, and for how long it is kept, or nothing for good.
macro_rules! writes {
    ($body:literal) => {
        concat!(
            reads!(
                "local before = tonumber(redis.call('GET', BYTES) or 0)
                local bytes = before
                local most_keys, most_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
                local ends = ARGV[3] == '' and 9007199254740991 or now + tonumber(ARGV[3])
                local function size(key) return #key + redis.call('HSTRLEN', VALUES, key) end
                local function remove(key)
                    if redis.call('ZSCORE', ENDS, key) then
                        bytes = bytes - size(key)
                        redis.call('HDEL', VALUES, key)
                        redis.call('ZREM', ENDS, key)
                    end
                end
                local function is_there(key)
                    if lives(key) then return true end
                    remove(key)
                    return false
                end
                local function sweep(most)
                    local over = redis.call('ZRANGEBYSCORE', ENDS, '-inf', now, 'LIMIT', 0, most)
                    for _, key in ipairs(over) do remove(key) end
                    return #over
                end
                local function lacks(new, gone, come)
                    if new > 0 and redis.call('ZCARD', ENDS) + new > most_keys then return 'keys' end
                    if come > gone and bytes - gone + come > most_bytes then return 'bytes' end
                end
                local function full(from, to)
                    local function measure()
                        local new, gone, come = 0, 0, 0
                        for i = from, to, 2 do
                            local key = ARGV[i]
                            if is_there(key) then gone = gone + size(key) else new = new + 1 end
                            come = come + #key + #ARGV[i + 1]
                        end
                        return lacks(new, gone, come)
                    end
                    local lacking = measure()
                    if lacking and sweep(1000) > 0 then lacking = measure() end
                    return lacking
                end
                local function put(key, value)
                    local was = redis.call('ZSCORE', ENDS, key) and size(key) or 0
                    redis.call('HSET', VALUES, key, value)
                    redis.call('ZADD', ENDS, ends, key)
                    bytes = bytes - was + #key + #value
                end
                local function done(answer)
                    if bytes > 0 then
                        if bytes ~= before then redis.call('SET', BYTES, string.format('%.0f', bytes)) end
                    elseif before > 0 then
                        redis.call('DEL', BYTES)
                    end
                    return answer
                end
                sweep(100)
                "
            ),
            $body
        )
    };
}

/// The value at a key.
pub(super) static GET: LazyLock<Script> =
    LazyLock::new(|| Script::new(reads!("return lives(ARGV[1]) and redis.call('HGET', VALUES, ARGV[1])")));

/// Whether a key is there.
pub(super) static EXISTS: LazyLock<Script> = LazyLock::new(|| Script::new(reads!("return lives(ARGV[1]) and 1 or 0")));

/// The values at the keys that follow the first argument, if they come to no more bytes than that; else nothing.
pub(super) static GET_MANY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(reads!(
        "local most, values = tonumber(ARGV[1]), {}
        for i = 2, #ARGV do
            if lives(ARGV[i]) then most = most - redis.call('HSTRLEN', VALUES, ARGV[i]) end
        end
        if most < 0 then return false end
        for i = 2, #ARGV do
            values[i - 1] = lives(ARGV[i]) and redis.call('HGET', VALUES, ARGV[i])
        end
        return values"
    ))
});

/// Some of the keys from a cursor on, and the next cursor.
pub(super) static LIST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(reads!(
        "local page = redis.call('ZSCAN', ENDS, ARGV[1], 'COUNT', ARGV[2])
        local keys = {}
        for i = 1, #page[2], 2 do
            if tonumber(page[2][i + 1]) > now then keys[#keys + 1] = page[2][i] end
        end
        return {page[1], keys}"
    ))
});

/// Sets each key of the arguments to the value that follows it, or none of them.
pub(super) static SET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(writes!(
        "local lacking = full(4, #ARGV)
        if lacking then return done(lacking) end
        for i = 4, #ARGV, 2 do put(ARGV[i], ARGV[i + 1]) end
        return done('done')"
    ))
});

/// Removes the keys of the arguments.
pub(super) static DELETE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(writes!(
        "for i = 4, #ARGV do remove(ARGV[i]) end
        return done('done')"
    ))
});

/// Adds to the number at a key. The sum is read as text: no Lua number has as many digits.
pub(super) static INCREMENT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(writes!(
        "local key, delta = ARGV[4], ARGV[5]
        if not is_there(key) then
            local lacking = full(4, 5)
            if lacking then return done(lacking) end
            put(key, delta)
            return done(delta)
        end
        local was = redis.call('HGET', VALUES, key)
        if was ~= '0' and not string.match(was, '^[1-9]%d*$') then return done('no number') end
        local added = redis.pcall('HINCRBY', VALUES, key, delta)
        if type(added) == 'table' then
            if string.find(added.err, 'OOM', 1, true) then return added end
            return done('no number')
        end
        local sum = redis.call('HGET', VALUES, key)
        local lacking = lacks(0, #was, #sum)
        if lacking and sweep(1000) > 0 then lacking = lacks(0, #was, #sum) end
        if lacking then
            redis.call('HSET', VALUES, key, was)
            return done(lacking)
        end
        bytes = bytes - #was + #sum
        return done(sum)"
    ))
});

/// Sets a key to a value, if what is there is the last argument; without one, if nothing is there.
pub(super) static COMPARE_AND_SET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(writes!(
        "local key = ARGV[4]
        local is = is_there(key) and redis.call('HGET', VALUES, key)
        local expected = #ARGV > 5 and ARGV[6]
        if is ~= expected then return done('another') end
        local lacking = full(4, 5)
        if lacking then return done(lacking) end
        put(key, ARGV[5])
        return done('done')"
    ))
});
