using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>The result of one examination.</summary>
/// <param name="Subject">What: "store", "production: certificate".</param>
/// <param name="Level">Its severity.</param>
/// <param name="Detail">The observation. Never a secret.</param>
/// <param name="Remedy">The remedy; null if all is well.</param>
public sealed record Finding(string Subject, FindingLevel Level, string Detail, string? Remedy = null)
{
    /// <summary>Something is as it should be.</summary>
    public static Finding Ok(string subject, string detail) => new(subject, FindingLevel.Ok, detail);

    /// <summary>It works, but needs attention.</summary>
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
