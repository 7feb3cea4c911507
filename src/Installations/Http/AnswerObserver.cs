namespace TfeBackup.Installations.Http;

/// <summary>
/// Sees the answer to a request while its body is still being sent. A service that refuses a restore at its first bytes (a wrong
/// password) answers and stops reading; without this the client would send on, run into the closed connection, and never
/// show the answer.
/// </summary>
internal sealed class AnswerObserver
{
    private const int StatusLineLength = 12; // "HTTP/1.1 400"
    private const int LongestHeader = 64 << 10;

    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte> _header = [];

    /// <summary>True if a final status (not 100 Continue) has come.</summary>
    public bool Answered => _answered.Task.IsCompleted;

    /// <summary>Completes when a final status comes.</summary>
    public Task Answer => _answered.Task;

    /// <summary>True if something that was to be sent was not, because the answer had come.</summary>
    public bool HeldBack { get; set; }

    /// <summary>Takes note of bytes that came from the service. Called by one reader at a time.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        if (Answered)
        {
            return;
        }

        foreach (var value in bytes)
        {
            _header.Add(value);
            if (_header.Count == StatusLineLength && !IsInterim())
            {
                _answered.SetResult();
                return;
            }

            if (_header.Count > LongestHeader || EndsHeader())
            {
                _header.Clear();
            }
        }
    }

    private bool IsInterim() => _header[9] == (byte)'1';

    private bool EndsHeader() =>
        _header.Count > StatusLineLength && _header[^1] == '\n' && _header[^2] == '\r' && _header[^3] == '\n' && _header[^4] == '\r';
}
