using GenAiLab.Deploy.Tests.Sources;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Deploy.Tests.Processes;

/// <summary>The lab of docker-compose.yml, as processes: it answers with what compose gives it and with nothing more.</summary>
public sealed class ComposeLabTests
{
    private static readonly ComposeFile Compose = ComposeFile.Parse(
        Repository.Read("docker-compose.yml"), new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = "5ecret" });

    [Fact]
    public async Task AnswersFromAReadOnlyRootWithoutRights()
    {
        Assert.SkipWhen(ComposeLab.Obstacle is not null, ComposeLab.Obstacle ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await ComposeLab.CreateAsync(Compose, cancellation);
        var (code, reason) = await lab.ProbeAsync("tokenizer", cancellation);
        Assert.Equal(1, code);
        Assert.StartsWith("not healthy: ", reason, StringComparison.Ordinal);

        foreach (var service in Compose.Services())
        {
            lab.Start(service.Name);
        }

        await lab.StartDatabaseAsync();
        foreach (var service in Compose.Services())
        {
            await lab.WaitUntilServingAsync(service.Name, cancellation);
        }

        Assert.Equal(" Paris.", await GenerateAsync(lab, cancellation));
        Assert.Equal(1, await RecordAsync(lab, cancellation));
        foreach (var service in Compose.Services())
        {
            // An engine asks again, too; where a machine is busy, an answer may come too late.
            for (var left = 20; (code, reason) is not (0, ""); left--)
            {
                Assert.True(left > 0, $"{service.Name}: {reason}");
                (code, reason) = await lab.ProbeAsync(service.Name, cancellation);
            }

            (code, reason) = (1, "");
        }

        var pods = KubernetesManifests.Load(Repository.Path("deploy/kubernetes/base")).Workloads.ToDictionary(static workload => workload.Name, static workload => workload.Template.Spec);
        foreach (var service in Compose.Services())
        {
            var container = lab.Containers[service.Name];
            var pod = pods[service.Name].Containers[0];
            foreach (var probe in new[] { pod.StartupProbe, pod.ReadinessProbe, pod.LivenessProbe })
            {
                var answer = await new Health.HealthClient(lab.Channel(service.Name))
                    .CheckAsync(new HealthCheckRequest { Service = probe.Grpc.Service ?? "" }, cancellationToken: cancellation);
                Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{service.Name} {container.Memory >> 20} MiB");
            Assert.InRange(container.Memory, 1, service.MemoryLimit!.Value);
            Assert.InRange(container.Memory, 1, pod.Resources.Requests["memory"].ToInt64());
            // The runtime's own sockets for diagnostics are all that was written.
            Assert.All(container.Written, static name => Assert.Matches("^(dotnet-diagnostic|clr-debug-pipe)-", name));
        }

        foreach (var service in Compose.Services())
        {
            Assert.Equal(0, await lab.Containers[service.Name].StopAsync(cancellation));
        }
    }

    private static async Task<string> GenerateAsync(ComposeLab lab, CancellationToken cancellation)
    {
        var request = new GenerateRequest { Text = "The capital of France is", MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 } };
        using var call = new V1.Orchestrator.OrchestratorClient(lab.Channel("orchestrator")).Generate(request, cancellationToken: cancellation);
        var text = "";
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            text += response.Token?.Text + response.Finished?.Text;
        }

        return text;
    }

    // In PostgreSQL, reached by the connection string of compose.
    private static async Task<long> RecordAsync(ComposeLab lab, CancellationToken cancellation)
    {
        var client = new V1.Preferences.PreferencesClient(lab.Channel("preferences"));
        await client.RecordPreferenceAsync(
            new RecordPreferenceRequest
            {
                Prompt = { new ChatMessage { Role = "user", Content = "What is the capital of France?" } },
                AnswerA = new ModelAnswer { Text = "Paris.", Model = "lab-chat" },
                AnswerB = new ModelAnswer { Text = "Lyon.", Model = "lab-sft" },
                Preferred = PreferredAnswer.A,
                Rater = "ada",
            },
            cancellationToken: cancellation);
        return (await client.CountPreferencesAsync(new CountPreferencesRequest(), cancellationToken: cancellation)).Preferences;
    }
}
