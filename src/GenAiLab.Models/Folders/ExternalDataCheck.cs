using System.Globalization;
using Google.Protobuf;

namespace GenAiLab.Models.Folders;

/// <summary>
/// Walks an ONNX file without loading its weights: is it whole, and do all the files that its tensors
/// name lie in its folder and hold as many bytes as they should? A graph that names files elsewhere
/// would read them with our rights.
/// </summary>
public sealed class ExternalDataCheck
{
    private const int MaximumDepth = 64;

    // In a path, it makes ONNX Runtime take the offset for an address in this process.
    private const string MemoryMark = "_ORT_MEM_ADDR_";

    // Where tensors and further graphs hide, by field numbers of onnx.proto.
    private static readonly Dictionary<int, Message> ModelFields = new() { [7] = Message.Graph, [25] = Message.Function };
    private static readonly Dictionary<int, Message> GraphFields = new() { [1] = Message.Node, [5] = Message.Tensor, [15] = Message.SparseTensor };
    private static readonly Dictionary<int, Message> NodeFields = new() { [5] = Message.Attribute };
    private static readonly Dictionary<int, Message> FunctionFields = new() { [7] = Message.Node, [11] = Message.Attribute };
    private static readonly Dictionary<int, Message> SparseFields = new() { [1] = Message.Tensor, [2] = Message.Tensor };
    private static readonly Dictionary<int, Message> TensorFields = new() { [13] = Message.Entry };
    private static readonly Dictionary<int, Message> AttributeFields = new()
    {
        [5] = Message.Tensor,
        [6] = Message.Graph,
        [10] = Message.Tensor,
        [11] = Message.Graph,
        [22] = Message.SparseTensor,
        [23] = Message.SparseTensor,
    };

    private readonly string _folder;
    private readonly string _file;
    private readonly CodedInputStream _input;
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);
    private int _depth;

    private ExternalDataCheck(string folder, string file, Stream stream)
    {
        (_folder, _file) = (Path.GetFullPath(folder), file);
        _input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaximumDepth);
    }

    private enum Message
    {
        Model,
        Graph,
        Node,
        Attribute,
        Function,
        Tensor,
        SparseTensor,
        Entry,
    }

    /// <summary>Checks the file.</summary>
    /// <returns>Bytes of the graph's file and of all files that its tensors name.</returns>
    /// <exception cref="ModelFolderException">It is missing, not whole, or names a file it must not or that is not whole.</exception>
    public static long Check(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new ModelFolderException(file, "the file is missing");
            }

            if (info.Length == 0)
            {
                // Of a pipe too, which would keep whoever opens it waiting.
                throw new ModelFolderException(file, "the file is empty");
            }

            using var stream = info.OpenRead();
            var check = new ExternalDataCheck(folder, file, stream);
            check.Walk(Message.Model, stream.Length);
            return stream.Length + check._accepted.Sum(static path => new FileInfo(path).Length);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(file, "not a whole ONNX file; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    private void Walk(Message message, long end)
    {
        if (++_depth > MaximumDepth)
        {
            throw new ModelFolderException(_file, "nested too deeply");
        }

        var fields = Fields(message);
        var entries = message == Message.Tensor ? new Dictionary<string, string>(StringComparer.Ordinal) : null;
        while (_input.Position < end)
        {
            var tag = _input.ReadTag();
            if (tag == 0)
            {
                break;
            }

            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited
                && fields.TryGetValue(WireFormat.GetTagFieldNumber(tag), out var child))
            {
                var length = _input.ReadLength();
                if (length < 0 || _input.Position + length > end)
                {
                    throw new ModelFolderException(_file, "not a whole ONNX file; truncated?");
                }

                if (child == Message.Entry)
                {
                    ReadEntry(_input.Position + length, entries!);
                }
                else
                {
                    Walk(child, _input.Position + length);
                }
            }
            else
            {
                _input.SkipLastField();
            }
        }

        if (entries?.Count > 0)
        {
            CheckEntries(entries);
        }

        _depth--;
    }

    private void ReadEntry(long end, Dictionary<string, string> entries)
    {
        var (key, value) = ("", "");
        while (_input.Position < end)
        {
            switch (_input.ReadTag())
            {
                case 10:
                    key = _input.ReadString();
                    break;
                case 18:
                    value = _input.ReadString();
                    break;
                case 0:
                    return;
                default:
                    _input.SkipLastField();
                    break;
            }
        }

        if (!entries.TryAdd(key, value))
        {
            throw new ModelFolderException(_file, "a tensor says twice where its data lies");
        }
    }

    private void CheckEntries(Dictionary<string, string> entries)
    {
        if (!entries.TryGetValue("location", out var location) || location.Length == 0)
        {
            throw new ModelFolderException(_file, "a tensor has external data without a location");
        }

        if (location.Contains('\0') || location.Contains(MemoryMark, StringComparison.Ordinal))
        {
            throw new ModelFolderException(_file, "a tensor's data lies outside the folder");
        }

        var path = Path.GetFullPath(Path.Combine(_folder, location));
        var info = new FileInfo(path);
        var inside = !Path.IsPathRooted(location) && IsInside(path);
        if (inside && _accepted.Add(path))
        {
            if (!info.Exists)
            {
                throw new ModelFolderException(Path.GetFileName(path), "the file is missing");
            }

            inside = info.ResolveLinkTarget(returnFinalTarget: true) is not { } target || IsInside(target.FullName);
            for (var parent = info.Directory; inside && parent is not null && IsInside(parent.FullName); parent = parent.Parent)
            {
                inside = parent.LinkTarget is null;
            }

            if (inside && info.Length == 0)
            {
                throw new ModelFolderException(Path.GetFileName(path), "the file is empty");
            }
        }

        if (!inside)
        {
            throw new ModelFolderException(_file, "a tensor's data lies outside the folder");
        }

        var (offset, length) = (Number(entries, "offset"), Number(entries, "length"));
        if (offset > info.Length || length > info.Length - offset)
        {
            throw new ModelFolderException(Path.GetFileName(path), "shorter than the graph says; truncated?");
        }
    }

    private bool IsInside(string path) => path.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private long Number(Dictionary<string, string> entries, string key)
    {
        if (!entries.TryGetValue(key, out var text))
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ModelFolderException(_file, $"a tensor's external {key} is not a number");
    }

    private static Dictionary<int, Message> Fields(Message message) => message switch
    {
        Message.Model => ModelFields,
        Message.Graph => GraphFields,
        Message.Node => NodeFields,
        Message.Attribute => AttributeFields,
        Message.Function => FunctionFields,
        Message.SparseTensor => SparseFields,
        _ => TensorFields,
    };
}
