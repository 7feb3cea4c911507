namespace TfeBackup.TestSupport.Transit;

/// <summary>A request that a <see cref="TransitServer"/> served.</summary>
/// <param name="Path">Its path, such as <c>/v1/transit/decrypt/app_variables_value</c>.</param>
/// <param name="Items">How many values it carried; 0 for requests that carry none.</param>
/// <param name="Bytes">The length of its body.</param>
/// <param name="Status">The status of the answer.</param>
public sealed record TransitRequest(string Path, int Items, long Bytes, int Status);
