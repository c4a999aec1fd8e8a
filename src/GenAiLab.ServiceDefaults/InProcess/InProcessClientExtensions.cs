using GenAiLab.ServiceDefaults.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>Clients of services that live in the same process.</summary>
public static class InProcessClientExtensions
{
    /// <summary>
    /// Registers <typeparamref name="TClient"/> as a singleton that calls the registered
    /// <typeparamref name="TService"/> directly. Call it before the services that depend on the client
    /// are added: they add a network client only where there is none. The service is resolved at the
    /// first call, so two services may call each other.
    /// </summary>
    /// <typeparam name="TClient">The generated client, for example <c>V1.Decoder.DecoderClient</c>.</typeparam>
    /// <typeparam name="TService">The implementation, registered as a singleton.</typeparam>
    /// <param name="services">The process's services.</param>
    /// <param name="bind">The generated <c>BindService</c>, for example <c>V1.Decoder.BindService</c>.</param>
    public static IServiceCollection AddInProcessClient<TClient, TService>(
        this IServiceCollection services, Action<ServiceBinderBase, TService> bind)
        where TClient : ClientBase
        where TService : class =>
        services.AddSingleton(provider =>
        {
            var invoker = new InProcessCallInvoker(
                binder => bind(binder, provider.GetRequiredService<TService>()),
                provider.GetRequiredService<ILogger<InProcessCallInvoker>>(),
                provider.GetService<RpcMeter>());
            // Every generated client has a constructor that takes a call invoker.
            return (TClient)Activator.CreateInstance(typeof(TClient), invoker)!;
        });
}
