using System.Text;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Sorts keys, each with a number, by their UTF-8 bytes, in bounded memory: what exceeds it is sorted in runs that are kept in
/// a temporary file and merged.
/// </summary>
/// <remarks>
/// No store promises this order: directories have none, Azure does not say whether it compares bytes, chars or, with a
/// hierarchical namespace, directories.
/// </remarks>
/// <param name="keysInMemory">The number of keys held before a run is written.</param>
internal sealed class KeySorter(int keysInMemory = KeySorter.DefaultKeysInMemory) : IDisposable
{
    private const int DefaultKeysInMemory = 50_000;
    private const int RunBuffer = 16 << 10;

    private static readonly Comparison<(string Key, long Value)> ByKey = (x, y) => ObjectKey.Compare(x.Key, y.Key);

    private readonly List<(string Key, long Value)> _memory = [];
    private readonly List<(long Start, int Count)> _runs = [];
    private FileStream? _file;

    /// <summary>Adds a key; not after sorting has begun.</summary>
    public void Add(string key, long value)
    {
        _memory.Add((key, value));
        if (_memory.Count == keysInMemory)
        {
            WriteRun();
        }
    }

    /// <summary>The keys in order; equal ones are adjacent. Can be read once.</summary>
    public IEnumerable<(string Key, long Value)> Sorted()
    {
        _memory.Sort(ByKey);
        if (_runs.Count == 0)
        {
            foreach (var entry in _memory)
            {
                yield return entry;
            }

            yield break;
        }

        _file!.Flush();
        PriorityQueue<IEnumerator<(string Key, long Value)>, string> heads = new(ObjectKey.Order);
        foreach (var run in _runs.Select(r => ReadRun(r.Start, r.Count)).Append(_memory))
        {
            var entries = run.GetEnumerator();
            if (entries.MoveNext())
            {
                heads.Enqueue(entries, entries.Current.Key);
            }
        }

        while (heads.TryPeek(out var first, out _))
        {
            yield return first.Current;
            if (first.MoveNext())
            {
                heads.DequeueEnqueue(first, first.Current.Key);
            }
            else
            {
                heads.Dequeue();
            }
        }
    }

    /// <summary>Removes the temporary file.</summary>
    public void Dispose() => _file?.Dispose();

    private void WriteRun()
    {
        _file ??= SpoolFile.Create(Path.GetTempPath(), "keys");
        _memory.Sort(ByKey);
        _runs.Add((_file.Position, _memory.Count));
        using (BinaryWriter writer = new(_file, Encoding.UTF8, leaveOpen: true))
        {
            foreach ((var key, var value) in _memory)
            {
                writer.Write(key);
                writer.Write7BitEncodedInt64(value);
            }
        }

        _memory.Clear();
    }

    private IEnumerable<(string Key, long Value)> ReadRun(long start, int count)
    {
        // Each run reads the one file at a place of its own.
        using BufferedStream buffered = new(new RunStream(_file!, start), RunBuffer);
        using BinaryReader reader = new(buffered, Encoding.UTF8);
        for (var i = 0; i < count; i++)
        {
            var key = reader.ReadString();
            yield return (key, reader.Read7BitEncodedInt64());
        }
    }

    private sealed class RunStream(FileStream file, long position) : ReadStream
    {
        private long _position = position;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = RandomAccess.Read(file.SafeFileHandle, buffer, _position);
            _position += count;
            return count;
        }
    }
}
