using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">What: "store", "production: certificate".</param>
/// <param name="Level">How it is.</param>
/// <param name="Detail">What was seen. Never a secret.</param>
/// <param name="Remedy">What to do; null where all is well.</param>
public sealed record Finding(string Subject, FindingLevel Level, string Detail, string? Remedy = null)
{
    /// <summary>Something is as it should be.</summary>
    public static Finding Ok(string subject, string detail) => new(subject, FindingLevel.Ok, detail);

    /// <summary>Something works, and somebody should look at it.</summary>
    public static Finding Warning(string subject, string detail, string remedy) => new(subject, FindingLevel.Warning, detail, remedy);

    /// <summary>Something does not work.</summary>
    public static Finding Failed(string subject, string detail, string remedy) => new(subject, FindingLevel.Failed, detail, remedy);

    /// <summary>Something does not work, with the failure's own remedy where it has one.</summary>
    public static Finding Failed(string subject, OperationException failure, string otherwise)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Remedy is { } remedy
            ? Failed(subject, failure.Message[..^remedy.Length].TrimEnd(), remedy)
            : Failed(subject, failure.Message, otherwise);
    }
}
