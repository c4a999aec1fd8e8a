using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using GenAiLab.V1;

namespace GenAiLab.Client.Tests;

/// <summary>The packages as a team takes them: packed, put into a feed, and used by a project that knows nothing else of the lab.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-packages-").FullName;

    [Fact]
    public async Task A_project_of_its_own_gets_an_answer_with_the_package_alone()
    {
        var feed = Path.Combine(_folder, "feed");
        foreach (var project in new[] { "GenAiLab.Contracts", "GenAiLab.Security", "GenAiLab.Client" })
        {
            await DotnetAsync("pack", Path.Combine(Build.Repository, "src", project), "-c", Build.Configuration, "--no-build", "-o", feed);
        }

        var version = PackageVersion(feed);
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = static request => [new ChatResponse { Text = $"You said: {request.Messages[0].Content}" }, ScriptedOrchestrator.Finished()];
        WriteProject(feed, version);

        await DotnetAsync("build", _folder, "-o", Path.Combine(_folder, "out"));

        Assert.Equal("You said: Hello\n", await DotnetAsync(Path.Combine(_folder, "out", "Consumer.dll"), lab.Address.ToString()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Checks what nuget.org and an IDE show of it.</summary>
    private static string PackageVersion(string feed)
    {
        var path = Directory.EnumerateFiles(feed, "GenAiLab.Client.*.nupkg").Single();
        Assert.True(File.Exists(Path.ChangeExtension(path, ".snupkg")));
        using var package = ZipFile.OpenRead(path);
        var entries = package.Entries.Select(static entry => entry.FullName).ToList();
        Assert.Contains("README.md", entries);
        Assert.Contains("lib/net10.0/GenAiLab.Client.xml", entries);
        using var nuspec = package.GetEntry("GenAiLab.Client.nuspec")!.Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal(("MIT", "README.md"), (Value("license"), Value("readme")));
        Assert.NotEqual("", Value("description"));

        // The middleware is the application's choice.
        var dependencies = metadata.Descendants().Attributes("id").Select(static id => id.Value).ToList();
        Assert.Contains("Microsoft.Extensions.AI.Abstractions", dependencies);
        Assert.DoesNotContain("Microsoft.Extensions.AI", dependencies);
        return Value("version");
    }

    private void WriteProject(string feed, string version)
    {
        // Restores offline: our packages from the feed, everything else from where it was restored for the tests.
        File.WriteAllText(Path.Combine(_folder, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseAppHost>false</UseAppHost>
                <RestoreSources>{feed}</RestoreSources>
                <RestoreFallbackFolders>{Build.PackageRoot}</RestoreFallbackFolders>
                <RestorePackagesPath>{Path.Combine(_folder, "restored")}</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="GenAiLab.Client" Version="{version}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(_folder, "Program.cs"), """
            using GenAiLab.Client;
            using Microsoft.Extensions.AI;

            using IChatClient client = new LabChatClient(new Uri(args[0]));
            Console.Write($"{(await client.GetResponseAsync("Hello")).Text}\n");
            """);
    }

    private async Task<string> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        // No build server outlives the test.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {await output}{await errors}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
