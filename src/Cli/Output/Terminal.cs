using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TfeBackup.Cli.Output;

/// <summary>
/// The output of a command. Results go to standard output, as text or, with <c>--json</c>, as JSON; everything else (progress, hints, errors)
/// goes to standard error, so that a pipe sees results only.
/// </summary>
internal sealed class Terminal
{
    private readonly Lock _lock = new();
    private readonly TextWriter _out;
    private readonly TextWriter _error;

    private bool _lineIsOpen;

    /// <summary>Opens this process's standard output and error.</summary>
    /// <param name="json">True for JSON.</param>
    /// <param name="quiet">True for nothing but results and errors.</param>
    /// <param name="verbose">True for everything that happens.</param>
    public Terminal(bool json, bool quiet = false, bool verbose = false)
    {
        // UTF-8 without a byte order mark, whatever the locale says.
        _out = CreateWriter(Console.OpenStandardOutput());
        _error = CreateWriter(Console.OpenStandardError());
        Json = json;
        IsQuiet = quiet;
        IsVerbose = verbose;

        // "dumb" is what build agents and editors' shells announce: no cursor to move.
        IsInteractive = !json && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
    }

    /// <summary>True if results are wanted as JSON.</summary>
    public bool Json { get; }

    /// <summary>True if nothing but results and errors is wanted: no progress, no steps.</summary>
    public bool IsQuiet { get; }

    /// <summary>True if everything that happens is to be logged.</summary>
    public bool IsVerbose { get; }

    /// <summary>True if there is somebody to ask: a terminal to ask and to answer on.</summary>
    public bool CanAsk => !Json && !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>True if standard error is a terminal on which a line can be drawn over.</summary>
    public bool IsInteractive { get; }

    /// <summary>Prints a result as text; the text ends its own lines, which are broken between words where a terminal is not wide enough.</summary>
    public void Write(string text)
    {
        // What is coloured was laid out for the terminal.
        if (Screen.Width is { } width && !Json)
        {
            text = string.Join('\n', text.Split('\n').SelectMany(line => line.Contains('\u001b') ? [line] : Screen.Wrap(line, width)));
        }

        lock (_lock)
        {
            Clear();
            try
            {
                _out.Write(text);
            }
            catch (IOException e) when (IsBrokenPipe(e))
            {
                // "| head" has seen enough; that is no failure of this program's.
            }
        }
    }

    /// <summary>Prints a result as one JSON document on a line of its own.</summary>
    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Write(JsonSerializer.Serialize(value, type) + "\n");

    /// <summary>Prints a result: the document with <c>--json</c>, the text otherwise.</summary>
    public void Write<T>(T value, JsonTypeInfo<T> type, Func<T, string> text)
    {
        if (Json)
        {
            WriteJson(value, type);
        }
        else
        {
            Write(text(value));
        }
    }

    /// <summary>Says something that is not a result: a line on standard error.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            Clear();
            _error.WriteLine(line);
        }
    }

    /// <summary>Says something that helps and that nobody needs: on standard error, each line of it; not with <c>--quiet</c> or <c>--json</c>.</summary>
    public void Note(string lines)
    {
        if (!IsQuiet && !Json)
        {
            SayWrapped(lines);
        }
    }

    /// <summary>Says something in prose: on a terminal broken between words, as wide as it is.</summary>
    public void SayWrapped(string lines) =>
        Say(IsInteractive ? string.Join('\n', lines.Split('\n').SelectMany(line => Screen.Wrap(line, Width))) : lines);

    /// <summary>Asks something on standard error; the answer is typed behind it.</summary>
    public void Ask(string question)
    {
        lock (_lock)
        {
            Clear();
            _error.Write(question);
        }
    }

    /// <summary>Draws a line over the one drawn before; only where <see cref="IsInteractive"/>.</summary>
    public void Draw(string line)
    {
        lock (_lock)
        {
            // A line that wraps cannot be drawn over.
            var width = Width - 1;
            if (line.Length > width)
            {
                // Whole parts of it, where it has parts.
                line = line.LastIndexOf("  ", width, StringComparison.Ordinal) is > 0 and var end ? line[..end] : line[..width];
            }

            _error.Write($"\r\u001b[K{line}");
            _lineIsOpen = true;
        }
    }

    /// <summary>Removes the drawn line.</summary>
    public void EndDrawing()
    {
        lock (_lock)
        {
            Clear();
        }
    }

    // Terminals without a size are taken to have the usual one.
    private static int Width => Console.WindowWidth is > 20 and var columns ? columns : 80;

    private static StreamWriter CreateWriter(Stream stream) => new(stream, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

    // EPIPE, and ERROR_BROKEN_PIPE and ERROR_NO_DATA as HRESULTs.
    private static bool IsBrokenPipe(IOException exception) =>
        exception.HResult is 32 or unchecked((int)0x8007006D) or unchecked((int)0x800700E8);

    private void Clear()
    {
        if (_lineIsOpen)
        {
            _error.Write("\r\u001b[K");
            _lineIsOpen = false;
        }
    }
}
