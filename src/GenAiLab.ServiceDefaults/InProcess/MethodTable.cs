using Grpc.Core;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>A service's handlers by full method name, collected through its generated <c>BindService</c>.</summary>
internal sealed class MethodTable : ServiceBinderBase
{
    private readonly Dictionary<string, Delegate> _handlers = [];

    public static MethodTable Create(Action<ServiceBinderBase> bind)
    {
        var table = new MethodTable();
        bind(table);
        return table;
    }

    /// <exception cref="RpcException">UNIMPLEMENTED: the service has no such method.</exception>
    public THandler Find<THandler>(IMethod method)
        where THandler : Delegate =>
        _handlers.GetValueOrDefault(method.FullName) as THandler
            ?? throw new RpcException(new Status(StatusCode.Unimplemented, "Service is unimplemented."));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

    private void Add(IMethod method, Delegate? handler)
    {
        if (handler is not null)
        {
            _handlers.Add(method.FullName, handler);
        }
    }
}
