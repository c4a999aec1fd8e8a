using GenAiLab.Models.Folders;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder;

/// <summary>The TrainingRecords of inspection.proto: the curves that model folders hold.</summary>
[RequiresScope(ApiScopes.Generate)]
public sealed class TrainingRecordsGrpcService : TrainingRecords.TrainingRecordsBase
{
    private readonly string? _root;
    private readonly string _contentRoot;

    /// <summary>A service of the folders of <c>Models:Root</c>.</summary>
    public TrainingRecordsGrpcService(IConfiguration configuration, IHostEnvironment environment) =>
        (_root, _contentRoot) = (configuration["Models:Root"], environment.ContentRootPath);

    /// <inheritdoc/>
    public override Task<DescribeTrainingResponse> DescribeTraining(DescribeTrainingRequest request, ServerCallContext context)
    {
        if (request.Model.Length == 0)
        {
            throw RpcErrors.InvalidArgument("model", "must be set");
        }

        // A name from outside is compared with what is there and never made a path of.
        var folders = Folders();
        var folder = folders.FirstOrDefault(folder => Path.GetFileName(folder) == request.Model)
            ?? throw RpcErrors.NotFound("model", request.Model, folders.Select(Path.GetFileName).OfType<string>());
        try
        {
            return Task.FromResult(new DescribeTrainingResponse { Model = request.Model, Runs = { RecordedTraining.Read(folder).Select(Run) } });
        }
        catch (ModelFolderException error)
        {
            throw RpcErrors.FailedPrecondition(error.Message);
        }
    }

    private string[] Folders()
    {
        try
        {
            return [.. ModelsRoot.Folders(ModelsRoot.Find(_root, _contentRoot))];
        }
        catch (Exception error) when (error is ModelFolderException or IOException or UnauthorizedAccessException)
        {
            throw RpcErrors.Unavailable("the models folder cannot be read");
        }
    }

    private static TrainingRun Run(RecordedTraining record) => new() { Stage = record.Stage, Start = record.Start, Curves = { record.Curves.Select(Curve) } };

    private static V1.TrainingCurve Curve(Models.Folders.TrainingCurve curve) => new()
    {
        Name = curve.Name,
        Steps = { curve.Points.Select(static point => point.Step) },
        Values = { curve.Points.Select(static point => point.Value) },
    };
}
