namespace GenAiLab.Security.ApiKeys;

/// <summary>
/// A file of API keys that may be replaced at any time: looked at with every request, reread when its
/// length or time of writing has changed. What cannot be read leaves the last keys in force. Thread-safe.
/// </summary>
public sealed class ApiKeyStore
{
    private readonly NamedPath _file;
    private readonly RequestRates _rates;
    private readonly Action<string>? _refused;
    private readonly Lock _lock = new();
    private (long Length, DateTime Written) _stamp;
    private volatile ApiKeyRing _ring;

    /// <param name="file">The file.</param>
    /// <param name="time">The clock of the rates.</param>
    /// <param name="refused">Hears, once for each state of the file, why it is not used.</param>
    /// <exception cref="SecurityFileException">The file cannot be used.</exception>
    public ApiKeyStore(NamedPath file, TimeProvider time, Action<string>? refused = null)
    {
        (_file, _rates, _refused) = (file, new RequestRates(time), refused);
        // The stamp is taken before the content: a change between the two is seen with the next request.
        _stamp = Stamp();
        _ring = new ApiKeyRing(ApiKeyFile.Read(file));
    }

    /// <summary>The key that was presented; null: there is no such key any more, or there never was.</summary>
    public ApiKey? Find(string presented)
    {
        Refresh();
        return _ring.Find(presented);
    }

    /// <summary>Takes one request of a key's rate: null when it may go on, otherwise how long to wait for the next.</summary>
    public TimeSpan? Take(ApiKey key) => _rates.Take(key);

    private void Refresh()
    {
        lock (_lock)
        {
            var stamp = Stamp();
            if (stamp == _stamp)
            {
                return;
            }

            _stamp = stamp;
            try
            {
                _ring = new ApiKeyRing(ApiKeyFile.Read(_file));
                _rates.Keep(_ring.Keys);
            }
            catch (SecurityFileException error)
            {
                _refused?.Invoke(error.Message);
            }
        }
    }

    // Through a handle, because the path may be a symbolic link whose own time never changes.
    private (long Length, DateTime Written) Stamp()
    {
        try
        {
            using var handle = File.OpenHandle(_file.Path);
            return (RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
