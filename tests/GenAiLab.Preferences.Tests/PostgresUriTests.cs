using GenAiLab.Preferences.Storage;

namespace GenAiLab.Preferences.Tests;

public sealed class PostgresUriTests
{
    [Theory]
    [InlineData("postgresql://ada:p%40ss%3Aword@db.example:6432/lab?sslmode=require", "db.example", 6432, "ada", "p@ss:word", "lab")]
    [InlineData("postgres://db.example/lab", "db.example", 5432, null, null, "lab")]
    [InlineData("postgresql://ada@[::1]/lab", "[::1]", 5432, "ada", null, "lab")]
    [InlineData("postgresql:///lab?host=/run/postgresql&user=ada", "/run/postgresql", 5432, "ada", null, "lab")]
    public void An_address_is_read_as_libpq_reads_it(string text, string host, int port, string? user, string? password, string database)
    {
        var settings = PostgresUri.Parse(text);

        Assert.Equal((host, port, user, password, database), (settings.Host, settings.Port, settings.Username, settings.Password, settings.Database));
    }
}
