namespace TfeBackup.TestSupport.Transit;

/// <summary>Where a Transit engine is reached, whoever runs it.</summary>
/// <param name="Address">Vault's address, without <c>/v1</c>.</param>
/// <param name="Token">A token that may do everything on the mount.</param>
/// <param name="Mount">The mount.</param>
public sealed record TransitEndpoint(Uri Address, string Token, string Mount = "transit");
