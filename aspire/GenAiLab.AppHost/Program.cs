// The whole lab on one page: who calls whom, what each needs, and what an operator can press.
//
// Every service has two endpoints, which its appsettings.json names: "grpc" speaks HTTP/2 and is what the others
// call; "http" speaks HTTP/1.1 and answers health probes, which an HTTP/2-only port cannot. The orchestrator's answers
// OpenAI's clients too.

using GenAiLab.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
builder.AddDockerComposeEnvironment("compose");

// The folder of model folders; published deployments mount theirs.
var models = builder.AddParameter("models", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../../models")))
    .WithDescription("The folder of model folders.");

var tokenizer = builder.AddProject<Projects.GenAiLab_Tokenizer>("tokenizer")
    .WithEnvironment("Models__Root", models)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithLabLinks()
    .WithIconName("TextWordCount");

var classifier = builder.AddProject<Projects.GenAiLab_Classifier>("classifier")
    .WithEnvironment("Models__Root", models)
    .WithReference(tokenizer.GetEndpoint("grpc"))
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithLabLinks()
    .WithIconName("Tag")
    .WaitFor(tokenizer);

var decoder = builder.AddProject<Projects.GenAiLab_Decoder>("decoder")
    .WithEnvironment("Models__Root", models)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithLabLinks()
    .WithIconName("BrainCircuit")
    .WithDrainCommand();

var orchestrator = builder.AddProject<Projects.GenAiLab_Orchestrator>("orchestrator")
    .WithReference(tokenizer.GetEndpoint("grpc"))
    .WithReference(classifier.GetEndpoint("grpc"))
    .WithReference(decoder.GetEndpoint("grpc"))
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithExternalHttpEndpoints()
    .WithLabLinks()
    .WithIconName("ArrowRepeatAll")
    .WithSampleCommand()
    .WaitFor(tokenizer)
    .WaitFor(classifier)
    .WaitFor(decoder);

// Further decoders are resources of their own, not WithReplicas: behind the one address that replicas share, an
// HTTP/2 connection pins its client to one of them, and no command reaches a certain one. Published, there is one,
// and the platform multiplies it.
var decoders = int.Parse(builder.Configuration["Decoders"] ?? "2");
for (var number = 1; builder.ExecutionContext.IsRunMode && number < decoders; number++)
{
    var further = builder.AddProject<Projects.GenAiLab_Decoder>($"decoder-{number}")
        .WithEnvironment("Models__Root", models)
        .WithEndpoint("grpc", static endpoint => endpoint.Port = null)
        .WithEndpoint("http", static endpoint => endpoint.Port = null)
        .WithHttpHealthCheck("/health", endpointName: "http")
        .WithLabLinks()
        .WithIconName("BrainCircuit")
        .WithDrainCommand();
    orchestrator.WithEnvironment($"services__decoder__grpc__{number}", further.GetEndpoint("grpc")).WaitFor(further);
}

// Who prefers which answer: PostgreSQL where it is published or asked for by Postgres=true, which needs a container
// engine; otherwise a SQLite file in the user's data folder.
var preferences = builder.AddProject<Projects.GenAiLab_Preferences>("preferences")
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithLabLinks()
    .WithIconName("ThumbLike");
if (builder.ExecutionContext.IsPublishMode || builder.Configuration["Postgres"] == "true")
{
    var database = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("genailab");
    preferences.WithEnvironment("Preferences__ConnectionString", database.Resource.ConnectionStringExpression).WaitFor(database);
}

// What a browser looks at; a client of the five like any other.
builder.AddProject<Projects.GenAiLab_Console>("console")
    .WithHttpEndpoint(port: builder.ExecutionContext.IsRunMode ? 5300 : null, name: "http")
    .WithReference(orchestrator.GetEndpoint("grpc"))
    .WithReference(tokenizer.GetEndpoint("grpc"))
    .WithReference(classifier.GetEndpoint("grpc"))
    .WithReference(decoder.GetEndpoint("grpc"))
    .WithReference(preferences.GetEndpoint("grpc"))
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithExternalHttpEndpoints()
    .WithIconName("WindowConsole")
    .WaitFor(orchestrator)
    .WaitFor(preferences);

if (builder.ExecutionContext.IsRunMode)
{
    // The lesson's claims, measured on the services above; the resource's console shows the verdicts.
    var experiments = builder.AddProject<Projects.GenAiLab_Cli>("experiments")
        .WithArgs("experiment", "run", "all", "--quick")
        .WithArgs("--address-orchestrator", orchestrator.GetEndpoint("grpc"), "--address-tokenizer", tokenizer.GetEndpoint("grpc"))
        .WithArgs("--address-classifier", classifier.GetEndpoint("grpc"), "--address-decoder", decoder.GetEndpoint("grpc"))
        .WithIconName("Beaker")
        .WithExplicitStart();
    orchestrator.WithStartCommand(experiments, "Run experiments", "BeakerEdit");
}

builder.Build().Run();
