namespace TfeBackup.Functions.Http;

/// <summary>Problem details (RFC 9457).</summary>
/// <param name="Title">The kind of problem: a <see cref="Operations.Model.OperationError"/>.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What it is, and what to do.</param>
/// <param name="Operation">The operation in the way, where one is.</param>
internal sealed record ProblemDocument(string Title, int Status, string Detail, string? Operation = null);
