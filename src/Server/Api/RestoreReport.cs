namespace TfeBackup.Server.Api;

/// <summary>The answer of <c>GET /_backup/api/v1/restores/{id}</c>.</summary>
/// <param name="Id">The id that was asked about.</param>
/// <param name="State">
/// <c>running</c>; <c>committed</c>: the rows are there, the objects follow; <c>restored</c>; <c>failed</c>: the installation is as it was;
/// <c>unknown</c>.
/// </param>
/// <param name="Detail">Why, or what it waits for; absent where there is nothing to say.</param>
internal sealed record RestoreReport(string Id, string State, string? Detail);
