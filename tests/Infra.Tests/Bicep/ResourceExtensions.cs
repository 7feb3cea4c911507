using System.Text.Json.Nodes;

namespace TfeBackup.Infra.Tests.Bicep;

internal static class ResourceExtensions
{
    public static string Name(this JsonObject resource) => (string)resource["name"]!;

    public static string Id(this JsonObject resource) => (string)resource["id"]!;

    /// <summary>A property by its path below <c>properties</c>.</summary>
    public static JsonNode Property(this JsonObject resource, string path) =>
        resource.TryProperty(path) ?? throw new KeyNotFoundException($"{resource["type"]} {resource["name"]} has no property {path}.");

    /// <summary>A property by its path below <c>properties</c>; null where it is not set.</summary>
    public static JsonNode? TryProperty(this JsonObject resource, string path)
    {
        var node = resource["properties"];
        foreach (var name in path.Split('.'))
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }
}
