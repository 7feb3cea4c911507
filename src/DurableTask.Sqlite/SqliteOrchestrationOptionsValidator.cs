using Microsoft.Extensions.Options;

namespace DurableTask.Sqlite;

internal sealed class SqliteOrchestrationOptionsValidator : IValidateOptions<SqliteOrchestrationOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteOrchestrationOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
