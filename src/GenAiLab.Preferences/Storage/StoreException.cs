namespace GenAiLab.Preferences.Storage;

/// <summary>The database cannot do what was asked; the message is fit for callers: no path, no host, no content.</summary>
/// <param name="message">What is wrong and what mends it.</param>
/// <param name="lasting">True: it stays so until someone mends it. False: the same call may work in a moment.</param>
/// <param name="inner">What the database said; for the log alone.</param>
internal sealed class StoreException(string message, bool lasting, Exception? inner = null) : Exception(message, inner)
{
    public bool IsLasting => lasting;

    public static StoreException Lasting(string message, Exception? inner = null) => new(message, true, inner);

    public static StoreException Passing(string message, Exception? inner = null) => new(message, false, inner);
}
