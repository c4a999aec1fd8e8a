using System.Runtime.ExceptionServices;

namespace GenAiLab.Experiments.Opposites;

/// <summary>Training makes the thread that runs it flush denormals, which must not reach the pool.</summary>
internal static class OwnThread
{
    /// <summary>Runs it on a thread that ends with it; what it throws is thrown here.</summary>
    public static T Run<T>(Func<T> training)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = training();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
