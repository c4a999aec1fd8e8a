namespace GenAiLab.Preferences.Tests;

public sealed class ConnectionTests
{
    [Theory]
    [InlineData("my.db", "Data Source=/home/ada/my.db;Mode=ReadWriteCreate")]
    [InlineData("/data/my.db", "Data Source=/data/my.db;Mode=ReadWriteCreate")]
    [InlineData("Data Source=my.db;Mode=ReadOnly", "Data Source=/home/ada/my.db;Mode=ReadOnly")]
    [InlineData("Host=db;Database=x", "Host=db;Database=x")]
    [InlineData("postgres://db/x", "postgres://db/x")]
    [InlineData(":memory:", ":memory:")]
    public void A_relative_file_belongs_to_the_folder_of_who_named_it(string connection, string absolute) =>
        Assert.Equal(absolute, PreferencesConnection.Absolute(connection, "/home/ada"));
}
