package io.olapsync.redis.internal;

/**
 * What must happen in one step on a stream and its consumer group. Each script touches one key.
 *
 * <p>A gap is kept as an empty consumer of the group, named {@value #GAP} and more: it is made in the same step that
 * finds the gap and destroys the signs of it, outlives the process that found it, and goes with the group if that is lost,
 * which is a gap again.
 */
final class StreamScripts {

    /** How the consumers begin that stand for a gap which is not recorded yet. */
    static final String GAP = "olapsync:gap:";

    /** How the consumer begins that stands for the highest deleted and undelivered entry which was counted as a gap. */
    static final String DELETED = "olapsync:deleted:";

    private static final String LIBRARY = """
            local key, group = KEYS[1], ARGV[1]
            local gap = 0
            local function flag(name)
              redis.call('XGROUP', 'CREATECONSUMER', key, group, name)
              gap = 1
            end
            local function named(flat)
              local map = {}
              for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
              return map
            end
            local function larger(a, b)
              return #a > #b or (#a == #b and a > b)
            end
            local function after(a, b)
              local am, as = string.match(a, '^(%d+)-(%d+)$')
              local bm, bs = string.match(b, '^(%d+)-(%d+)$')
              return larger(am, bm) or (am == bm and larger(as, bs))
            end
            """;

    /**
     * A look for what was lost since the last look; what is lost is flagged, and the stream mended.
     *
     * <p>Trimming leaves one sign: the entries ever added, less those in the stream, must be those the group has read, once
     * all that is in the stream is yet to be read. Deleting leaves another: the highest deleted id. Both are Redis 7, and
     * both end when the group reads on. ARGV: group, name of the gap.
     */
    private static final String LOOKING = LIBRARY + """
            local function find()
              if redis.call('EXISTS', key) == 0 then return nil end
              for _, each in ipairs(redis.call('XINFO', 'GROUPS', key)) do
                local candidate = named(each)
                if candidate['name'] == group then return candidate end
              end
            end
            local state = find()
            if not state then
              redis.call('XGROUP', 'CREATE', key, group, '0', 'MKSTREAM')
              flag(ARGV[2])
              state = find()
            end
            local stream = named(redis.call('XINFO', 'STREAM', key))
            local delivered = state['last-delivered-id']
            local added = stream['entries-added']
            if added then
              local left = stream['length']
              if left == 0 or after(stream['recorded-first-entry-id'], delivered) then
                local read = state['entries-read'] or (delivered == '0-0' and 0)
                if read ~= added - left then
                  flag(ARGV[2])
                  redis.call('XGROUP', 'SETID', key, group, delivered, 'ENTRIESREAD', added - left)
                end
              end
              local deleted = stream['max-deleted-entry-id']
              if after(deleted, delivered) then
                local mark = '%2$s' .. deleted
                local known = false
                for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', key, group)) do
                  local name = named(each)['name']
                  if name == mark then
                    known = true
                  elseif string.sub(name, 1, #'%2$s') == '%2$s' then
                    redis.call('XGROUP', 'DELCONSUMER', key, group, name)
                  end
                end
                if not known then
                  flag(ARGV[2])
                  redis.call('XGROUP', 'CREATECONSUMER', key, group, mark)
                end
              end
            end
            """.replace("%2$s", DELETED);

    /** The look alone. Returns whether there was a gap, and where the group is. What reads on must follow in one step. */
    static final String LOOK = LOOKING + "return {gap, delivered}";

    /**
     * The look, and reading on. ARGV: group, name of the gap, consumer, count. Returns whether there was a gap, where the
     * group is, the entries.
     */
    static final String READ = LOOKING + """
            local reply = redis.call('XREADGROUP', 'GROUP', group, ARGV[3], 'COUNT', ARGV[4], 'STREAMS', key, '>')
            local entries = reply and reply[1] and reply[1][2] or {}
            if #entries > 0 then delivered = entries[#entries][1] end
            return {gap, delivered, entries}
            """;

    /**
     * Takes over a page of what is pending for too long. XAUTOCLAIM would drop entries that are no longer in the stream
     * without leaving a sign to the next process, and so would XCLAIM; hence the look at each before.
     *
     * <p>ARGV: group, consumer, idle milliseconds, cursor, entries to look at, most to take, name of the gap, the last entry to
     * look at. Returns whether there was a gap, the next cursor, each entry with the deliveries it had.
     */
    static final String TAKE_OVER = LIBRARY + """
            local page = redis.pcall('XPENDING', key, group, ARGV[4], ARGV[8], ARGV[5])
            if page['err'] then return {0, '', {}} end
            local idle, scan, most = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
            local taken, cursor = {}, ''
            for i, pending in ipairs(page) do
              local id = pending[1]
              cursor = '(' .. id
              if pending[3] >= idle then
                if #redis.call('XRANGE', key, id, id) == 0 then
                  flag(ARGV[7])
                  redis.call('XACK', key, group, id)
                else
                  local claimed = redis.call('XCLAIM', key, group, ARGV[2], ARGV[3], id)
                  if claimed[1] then taken[#taken + 1] = {claimed[1], pending[4]} end
                end
              end
              if #taken == most then break end
              if i == #page and #page < scan then cursor = '' end
            end
            return {gap, cursor, taken}
            """;

    /**
     * Makes entries young again that are still this consumer's. ARGV: group, consumer, ids. One that is no longer in the
     * stream is left as it is: XCLAIM would drop it, and with it the sign that it was lost.
     */
    static final String KEEP = LIBRARY + """
            local claim = {'XCLAIM', key, group, ARGV[2], '0'}
            for i = 3, #ARGV do
              local mine = redis.call('XPENDING', key, group, ARGV[i], ARGV[i], '1', ARGV[2])
              if #mine == 1 and #redis.call('XRANGE', key, ARGV[i], ARGV[i]) == 1 then
                claim[#claim + 1] = ARGV[i]
              end
            end
            if #claim > 5 then
              claim[#claim + 1] = 'JUSTID'
              redis.call(unpack(claim))
            end
            return #claim
            """;

    /**
     * The gaps that are not recorded; and removes consumers that have nothing and have not been seen for long. ARGV: group,
     * consumer, how such consumers begin, idle milliseconds (negative: remove none).
     */
    static final String LOOK_AROUND = LIBRARY + """
            local all = redis.pcall('XINFO', 'CONSUMERS', key, group)
            if all['err'] then return {} end
            local gaps, limit = {}, tonumber(ARGV[4])
            for _, each in ipairs(all) do
              local consumer = named(each)
              local name = consumer['name']
              if string.sub(name, 1, #'%1$s') == '%1$s' then
                gaps[#gaps + 1] = name
              elseif limit >= 0 and name ~= ARGV[2] and string.sub(name, 1, #ARGV[3]) == ARGV[3]
                  and consumer['pending'] == 0 and consumer['idle'] > limit then
                redis.call('XGROUP', 'DELCONSUMER', key, group, name)
              end
            end
            return gaps
            """.replace("%1$s", GAP);

    private StreamScripts() {}
}
