using System.Data.Common;

namespace GenAiLab.Preferences.Storage;

/// <summary>Statements with named parameters, the same for every database.</summary>
internal static class Sql
{
    public static DbCommand Command(this DbConnection connection, string text, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            command.Set(name, value);
        }

        return command;
    }

    /// <summary>Adds a parameter, or gives it another value.</summary>
    public static void Set(this DbCommand command, string name, object value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value;
            return;
        }

        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    public static async Task<int> ExecuteAsync(this DbConnection connection, string text, CancellationToken cancellation)
    {
        await using var command = connection.Command(text);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<object?> ScalarAsync(this DbConnection connection, string text, CancellationToken cancellation)
    {
        await using var command = connection.Command(text);
        return await command.ExecuteScalarAsync(cancellation);
    }
}
