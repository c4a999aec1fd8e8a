namespace GenAiLab.Security.ApiKeys;

/// <summary>
/// A token bucket for each key: as many requests at once as it may make in a minute, refilled evenly. It
/// remembers the keys of the file and no others. Thread-safe.
/// </summary>
public sealed class RequestRates(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one request of a key's rate.</summary>
    /// <returns>Null when it may go on; otherwise how long to wait for the next.</returns>
    public TimeSpan? Take(ApiKey key)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            if (!_buckets.TryGetValue(key.Id, out var bucket))
            {
                _buckets[key.Id] = bucket = new Bucket { Requests = key.PerMinute, Refilled = now };
            }

            var refill = time.GetElapsedTime(bucket.Refilled, now).TotalMinutes * key.PerMinute;
            (bucket.Requests, bucket.Refilled) = (Math.Min(key.PerMinute, bucket.Requests + refill), now);
            if (bucket.Requests < 1)
            {
                return TimeSpan.FromMinutes((1 - bucket.Requests) / key.PerMinute);
            }

            bucket.Requests--;
            return null;
        }
    }

    /// <summary>Forgets the keys that are not in force any more.</summary>
    public void Keep(IEnumerable<ApiKey> keys)
    {
        var ids = keys.Select(static key => key.Id).ToHashSet(StringComparer.Ordinal);
        lock (_lock)
        {
            foreach (var gone in _buckets.Keys.Where(id => !ids.Contains(id)).ToList())
            {
                _buckets.Remove(gone);
            }
        }
    }

    private sealed class Bucket
    {
        public double Requests;
        public long Refilled;
    }
}
