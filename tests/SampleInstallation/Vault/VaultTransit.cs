using System.Net;
using System.Text;

namespace TfeBackup.SampleInstallation.Vault;

/// <summary>The part of Vault's Transit engine that the application uses. Keys are named by the vault-rails convention.</summary>
internal sealed class VaultTransit(HttpClient http, SampleOptions options)
{
    private const int BatchSize = 500;

    /// <summary>The key of a column: <c>&lt;app&gt;_&lt;table&gt;_&lt;attribute&gt;</c>.</summary>
    public string ColumnKey(string table, string attribute) => $"{options.VaultApp}_{table}_{attribute}";

    /// <summary>The key of the objects.</summary>
    public string ObjectKey => $"{options.VaultApp}_archivist";

    /// <summary>Whether Vault serves and takes the token.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var request = await RequestAsync(HttpMethod.Get, "auth/token/lookup-self", null, cancellationToken);
            using var answer = await http.SendAsync(request, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Encrypts a text; a blank one stands as it is.</summary>
    public async Task<string> EncryptTextAsync(string key, string text, CancellationToken cancellationToken) =>
        text.Length == 0 ? text : await EncryptAsync(key, Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>Decrypts texts, blank ones standing as they are, in their order.</summary>
    public async Task<IReadOnlyList<string>> DecryptTextsAsync(string key, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var results = texts.ToArray();
        foreach (var batch in Enumerable.Range(0, results.Length).Where(i => results[i].Length > 0).Chunk(BatchSize))
        {
            var input = new TransitInput { BatchInput = [.. batch.Select(i => new TransitItem { Ciphertext = results[i] })] };
            var answer = await PostAsync($"decrypt/{key}", input, cancellationToken);
            for (var i = 0; i < batch.Length; i++)
            {
                results[batch[i]] = Encoding.UTF8.GetString(Convert.FromBase64String(answer.BatchResults![i].Plaintext!));
            }
        }

        return results;
    }

    /// <summary>Encrypts bytes into <c>vault:v&lt;n&gt;:…</c>.</summary>
    public async Task<string> EncryptAsync(string key, byte[] plaintext, CancellationToken cancellationToken)
    {
        var answer = await PostAsync($"encrypt/{key}", new TransitInput { Plaintext = Convert.ToBase64String(plaintext) }, cancellationToken);
        return answer.Ciphertext!;
    }

    /// <summary>Decrypts <c>vault:v&lt;n&gt;:…</c>.</summary>
    public async Task<byte[]> DecryptAsync(string key, string ciphertext, CancellationToken cancellationToken)
    {
        var answer = await PostAsync($"decrypt/{key}", new TransitInput { Ciphertext = ciphertext }, cancellationToken);
        return Convert.FromBase64String(answer.Plaintext!);
    }

    private async Task<TransitData> PostAsync(string path, TransitInput input, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(input, TransitJson.Default.TransitInput);
        using var request = await RequestAsync(HttpMethod.Post, $"{options.VaultMount}/{path}", content, cancellationToken);
        using var answer = await http.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"Vault answered {(int)answer.StatusCode} to {path}.", null, answer.StatusCode);
        }

        return (await answer.Content.ReadFromJsonAsync(TransitJson.Default.TransitAnswer, cancellationToken))!.Data;
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        var token = options.VaultToken ?? (await File.ReadAllTextAsync(options.VaultTokenFile!, cancellationToken)).Trim();
        return new HttpRequestMessage(method, new Uri(options.VaultAddress, $"/v1/{path}")) { Content = content, Headers = { { "X-Vault-Token", token } } };
    }
}
