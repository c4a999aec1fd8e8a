using System.CommandLine;
using System.Net;
using System.Text.RegularExpressions;
using GenAiLab.Cli.Hosting;
using GenAiLab.Security.Certificates;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab certs</c>: a private authority and a certificate for every service and for callers.</summary>
internal static partial class CertsCommand
{
    private const int DefaultDays = 365;
    private const int MaximumDays = 3650;

    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "The folder. Default: certs.", HelpName = "FOLDER", DefaultValueFactory = static _ => "certs" };
        var hosts = new Option<string[]>("--host")
        {
            Description = "Another name or address that the services are called by, such as *.genailab.svc.cluster.local or 10.0.0.7; may be given several times.",
            HelpName = "NAME",
        };
        hosts.Validators.Add(static result =>
        {
            foreach (var host in result.Tokens.Select(static token => token.Value).Where(static host => !IPAddress.TryParse(host, out _) && !DnsName().IsMatch(host)))
            {
                result.AddError($"--host takes a DNS name or an IP address; got '{host}'.");
            }
        });
        var days = new Option<int>("--days") { Description = $"How long the certificates are valid. Default: {DefaultDays}.", DefaultValueFactory = static _ => DefaultDays };
        days.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MaximumDays)
            {
                result.AddError($"--days takes a number from 1 to {MaximumDays}.");
            }
        });
        var force = new Option<bool>("--force") { Description = "Replaces certificates that are there; their authority stays." };
        var command = new Command("certs", "Makes a private certificate authority, and certificates for the services and for callers.") { output, hosts, days, force };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                var path = arguments.GetRequiredValue(output);
                var folder = new CertificateFolder(path);
                var isNew = folder.Issue(
                    ServicePorts.Services, arguments.GetValue(hosts) ?? [], DateTimeOffset.UtcNow,
                    TimeSpan.FromDays(arguments.GetValue(days)), arguments.GetValue(force));
                Console.WriteLine($"{(isNew ? "A new authority" : "The authority that was there")}: {folder.Authority}. Keep {folder.AuthorityKey} where no service runs.");
                Console.WriteLine($"Certificates, valid for {arguments.GetValue(days)} days: {string.Join(", ", ServicePorts.Services)}, {CertificateFolder.Client}.");
                Console.WriteLine($"Try: lab up --tls {path}");
                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    // RFC 1123, with a wildcard as the first label alone.
    [GeneratedRegex(@"^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex DnsName();
}
