using System.Globalization;
using System.Text;
using TfeBackup.TestSupport;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>Folders of objects.</summary>
internal static class ObjectData
{
    private const int Smallest = 2_000;
    private const int Largest = 28_400;

    /// <summary>State files as Terraform writes them, 15 KB on average, in 256 folders.</summary>
    public static async Task WriteStatesAsync(string folder, int count)
    {
        var text = StateText(16 << 20);
        for (var i = 0; i < 256; i++)
        {
            Directory.CreateDirectory(Path.Combine(folder, "states", i.ToString("x2", CultureInfo.InvariantCulture)));
        }

        await Parallel.ForAsync(0, count, async (i, token) =>
        {
            var random = new Random(i);
            var length = random.Next(Smallest, Largest);
            await File.WriteAllBytesAsync(PathOf(folder, i), text.AsMemory(random.Next(text.Length - length), length), token);
        });
    }

    /// <summary>The path of one of them.</summary>
    public static string PathOf(string folder, int i) => Path.Combine(
        folder, "states", (i % 256).ToString("x2", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"sv-{i:D8}.tfstate"));

    /// <summary>Files that do not compress.</summary>
    public static async Task WriteNoiseAsync(string folder, int files, long length)
    {
        Directory.CreateDirectory(Path.Combine(folder, "large"));
        for (var i = 0; i < files; i++)
        {
            await using var file = File.Create(Path.Combine(folder, "large", i.ToString(CultureInfo.InvariantCulture)));
            await new RandomStream(length, i).CopyToAsync(file, 1 << 20);
        }
    }

    private static byte[] StateText(int length)
    {
        var random = new Random(1);
        var text = new StringBuilder(length + 1000);
        while (text.Length < length)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""
                {"mode": "managed", "type": "azurerm_network_interface", "name": "nic_{{random.Next(1000)}}", "instances": [{"schema_version": 0, "attributes": {
                  "id": "/subscriptions/{{random.NextInt64():x16}}/resourceGroups/rg-{{random.Next(100)}}/nic-{{random.NextInt64():x16}}",
                  "private_ip_address": "10.{{random.Next(256)}}.{{random.Next(256)}}.{{random.Next(256)}}", "tags": {"owner": "{{random.Next(1 << 30):x}}" } },
                  "private": "{{Convert.ToBase64String(BitConverter.GetBytes(random.NextInt64()))}}"}]},

                """);
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }
}
