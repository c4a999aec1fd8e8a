namespace GenAiLab.Models.Tests.Parity;

/// <summary>Texts and parts of texts that tokenizers have stumbled over, picked by hand.</summary>
internal static class HandPicked
{
    public static readonly string[] Texts =
    [
        "", " ", "  ", "\n", "\r\n", "\t", "\0", "a\0b", "\uFEFF", "\uFEFFHello", "Hello\uFEFF", "\uFFFD", "\uFFFD\uFFFD", "a", " a", "a ", "  a", "a  ", " a ", "\n\n\n", " \n ", "\r\r\n\n",
        "Hello, world!", "Hello,  world!", "HELLO WORLD", "The quick brown fox jumps over the lazy dog.", "unbelievable", "antidisestablishmentarianism",
        "I'm, you're, we've, he'll, she'd, it's, don't, O'Neil, 'tis, rock'n'roll", "I’m you’re we’ve", "I'M YOU'RE WE'VE HE'LL SHE'D IT'S DON'T", "'S 'T 'RE", "'ſ 'ſx", "don'ts",
        "İstanbul", "ıIiİ", "ΣΑΣ ΟΔΟΣ ὈΔΥΣΣΕΎΣ", "Οδυσσεύς ς σ", "ß ẞ STRASSE straße", "ǅ ǆ Ǆ", "ŉ ǰ ΐ", "ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ", "ＡＢＣ１２３", "ﾊﾝｶｸ ｶﾞ ﾊﾟ", "①②③ Ⅳ ㎏ ㍿ ™", "½ ² ³ ₂", "Å Å Å", "é é", "ñ ñ", "ä̈", "q̣̇ q̣̇",
        "각 각 가각 ᄀᄀᆨ", "ฉันกินข้าว", "ကျေးဇူးတင်ပါတယ်", "ខ្ញុំ", "नमस्ते क्षत्रिय", "தமிழ்", "ਪੰਜਾਬੀ", "ગુજરાતી", "მადლობა", "հայերեն", "ትግርኛ", "ᏣᎳᎩ", "བོད་སྐད", "ᠮᠣᠩᠭᠣᠯ",
        "こんにちは世界", "東京都に住んでいます。", "中文，标点。没有空格", "漢字かな交じり文とカタカナ", "한국어 문장입니다.", "שלום עולם", "שָׁלוֹם", "مرحبا بالعالم", "العَرَبِيَّة", "ﷺ ﷽", "فارسی ۱۲۳", "x العربية y עברית z",
        "😀😀", "👩‍👩‍👧‍👦", "👍🏿👍", "🇫🇷🇯🇵🇺🇸", "❤️❤", "1️⃣2️⃣", "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", "a😀b", " 😀 ", "𝓗𝓮𝓵𝓵𝓸", "𠜎𠜱", "𐐷", "💩\u200D", "\u200D", "\u200B", "\u2060",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞", "\u0300a", "\u0301", "a\u0301\u0301\u0301",
        "0", "00", "007", "1234567890", "3.14159", "1,000,000", "1e-10", "٠١٢٣", "१२३", "𝟏𝟐𝟑", "12 345", "v1.2.3-rc.4+build.5", "192.168.0.1", "+41 44 123 45 67", "25%", "$100", "100€",
        "https://example.com/path?query=1&other=two#fragment", "user@example.com", "C:\\Windows\\System32", "/usr/local/bin", "a_b-c.d", "snake_case camelCase PascalCase SCREAMING_CASE kebab-case",
        "<s>", "</s>", "<unk>", "<pad>", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "<|endoftext|>", "<|endoftext", "|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<s>Hello</s>", " <s> Hello </s> ", "<bos>a<eos>", "<0x0A>", "<0x41>", "<0xFF>",
        "\u2581", "\u2581\u2581", "a\u2581b", "\u2581a", "##ing", "a ##b", "Ġ", "ĠHello", "Ċ", "Ġthe Ċ",
        "\ud800", "\udfff", "a\ud83d", "\ude00a", "\ud83d \ude00", "\ude00\ud83d", "\u0080\u0081\u009f", "\u00ad", "so\u00adft", "\u061c\u200e\u200f\u202a\u202e", "\u0085a\u00a0b\u3000c\u2028d\u2029e\u180ef",
        "\v\f\u001c\u001d\u001e\u001f", "\u007f", "\ufdd0", "\uffff", "\U0010ffff", "\ue000", "\U000f0000",
        "...", "?!?!", "—–-", "“quoted” ‘text’ «guillemets»", "…", "//////////", "==========", "----------", "**bold** _it_ `code`", "a/b/c", "a\\b", "\"\"\"", "'''", "((()))", "{{ x }}", "#include <stdio.h>", "\n    indented\n\tTabbed\n",
        "   leading", "trailing   ", "in   the   middle", "tabs\t\t\tin", "a\n\nb\n\n\nc", "a \n b", "a\r\nb\r\n", "x\u3000\u3000y", "\u00a0\u00a0x", "     \n     \n", "a\u2003b", " \u00a0 ", "\t \t ",
    ];

    public static readonly string[] Words =
    [
        "the", "capital", "of", "France", "is", "Paris", "unbelievable", "Hello", "token", "encoding", "GPT", "HTTPServer", "naïve", "café", "Zürich", "Straße", "Ærøskøbing", "İstanbul", "ΟΔΟΣ", "Москва", "привет", "שלום",
        "مرحبا", "नमस्ते", "สวัสดี", "你好", "東京", "こんにちは", "カタカナ", "안녕하세요", "Việt", "Łódź", "a", "I", "x1", "e2e", "2nd", "foo_bar", "don't", "O'Neil", "l'été", "中文abc", "abc中文", "a.b", "\u2581the", "##ing",
    ];

    public static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "’s", "'x", "'", "''s", "'S", "'ſ", "'l", "'v", "'r"];

    public static readonly string[] Punctuation =
    [
        ".", ",", ";", ":", "!", "?", "-", "--", "—", "…", "'", "\"", "“", "”", "«", "(", ")", "[", "]", "{", "}", "<", ">", "|", "<|", "|>", "/", "\\", "#", "##", "$", "%", "^", "&", "*", "+", "=", "~", "`", "@", "_",
        "。", "，", "、", "「", "」", "！", "？", "；", "।", "؟", "،", "״", "·", "¿", "¡", "§", "†", "•", "‰", "′", "※", "\u2581", "℃", "¬", "°",
    ];

    public static readonly string[] Digits = ["0", "1", "5", "9", "٣", "۵", "४", "৭", "๔", "൯", "２", "𝟗", "²", "½", "Ⅷ", "一", "①"];

    /// <summary>What a normalizer changes: compatibility forms, compositions, case that is not one to one.</summary>
    public static readonly string[] Forms =
    [
        "ﬁ", "ﬄ", "ﬆ", "Ａ", "ｚ", "３", "％", "　", "ｶﾞ", "ﾊﾟ", "ㄱ", "㈜", "㎢", "㏒", "①", "⑳", "Ⅻ", "ⅷ", "℃", "№", "™", "½", "⅓", "²", "₃", "ª", "µ", "Å", "Ω", "ſ", "ẛ̣", "İ", "ı", "ß", "ẞ", "ς", "Σ", "ŉ", "ǰ", "ΐ", "և",
        "é", "é", "ñ", "ọ̈", "ộ", "ộ", "ộ", "Å", "가", "각", "ᄀ", "ᄀ\u1161", "が", "か\u3099", "は\u309A", "\u0344", "\u0340", "\u0958", "क\u093C", "\u09CB", "\u0DDD", "\u2126", "\u212A", "\u212B", "\uF900", "\uFA10", "\U0002F800", "\uFB1D", "\uFB2A", "\uFDFA",
        "\u1E9B", "\u1FBE", "\u2000", "\u2002", "\u3000", "\u00A0", "\u200B", "\u00AD", "\uFEFF", "\u2044", "\u0675", "\u0EDC", "\u0F77", "\u1FED", "\u2057", "\u222D", "\u2474", "\u3131", "\u320A", "\u32FF", "\u33E0", "\uFE30", "\uFE70", "\uFF9E", "\U0001D400", "\U0001D7CE", "\U0001F12E",
    ];

    public static readonly string[] Addresses =
    [
        "https://www.example.com/a/b/c.html?x=1&y=%20z#frag", "http://localhost:5200/v1/chat/completions", "ftp://user:pass@host:21/file.tar.gz", "mailto:someone@example.org", "ssh -p 2222 root@10.0.0.1", "git@github.com:org/repo.git",
        "file:///C:/Users/Jane%20Doe/Documents", "https://例え.テスト/パス", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "550e8400-e29b-41d4-a716-446655440000", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ];

    public static readonly string[] Code =
    [
        "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n\nprint([fib(i) for i in range(10)])\n",
        "for (int i = 0; i < 10; i++) {\n\tConsole.WriteLine($\"{i:N2}\");\n}\n",
        "#include <stdio.h>\r\nint main(void) {\r\n  printf(\"%d\\n\", 0x1F);\r\n  return 0;\r\n}\r\n",
        "const f = async (x) => ({ ...x, y: `${x.z ?? 'none'}` });\n// comment\n",
        "SELECT u.name, COUNT(*) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.age >= 18 GROUP BY 1;",
        "<div class=\"a b\"><p>Text &amp; more</p><!-- c --><br/></div>",
        "{\"key\": [1, 2.5e-3, null, true], \"nested\": {\"é\": \"\\u00e9\\n\"}}",
        "fn main() -> Result<(), Box<dyn Error>> { let v: Vec<_> = (0..10).map(|x| x * 2).collect(); Ok(()) }",
        "#!/usr/bin/env bash\nset -euo pipefail\nfor f in *.txt; do echo \"${f%.txt}\" | sed 's/a/b/g' >> out 2>&1; done\n",
        "\\begin{equation}\n  \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}\n\\end{equation}",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] *todo*\n\n```cs\nvar x = 1;\n```\n",
        "body > .cls:hover::after { content: '\\201C'; margin: -0.5em auto; color: #fff !important }",
        "MOV EAX, [EBX+4*ECX-0x10] ; load\n    JNZ .loop\n",
        "main :: IO ()\nmain = mapM_ print $ takeWhile (<100) $ filter odd [x^2 | x <- [1..]]\n",
        "(defn f [x & ys] (->> ys (map inc) (reduce + x)))",
    ];

    public static readonly string[] Sentences =
    [
        "The capital of France is Paris.", "It was the best of times, it was the worst of times.", "She said: \"I can't believe it's not butter!\"", "In 1969, Apollo 11 landed on the Moon (July 20, 20:17 UTC).",
        "Le cœur a ses raisons que la raison ne connaît point.", "Die Würde des Menschen ist unantastbar.", "El niño comió piñas en la mañana.", "Não há nada como o nosso país.", "Zażółć gęślą jaźń.", "Příliš žluťoučký kůň úpěl ďábelské ódy.",
        "Съешь же ещё этих мягких французских булок, да выпей чаю.", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.", "Pijamalı hasta yağız şoföre çabucak güvendi; İĞÜŞÖÇ.", "Tiếng Việt có sáu thanh điệu: ngang, huyền, hỏi, ngã, sắc, nặng.",
        "いろはにほへと ちりぬるを わかよたれそ つねならむ", "吾輩は猫である。名前はまだ無い。", "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。", "다람쥐 헌 쳇바퀴에 타고파.", "دع القلق وابدأ الحياة، فالأمر أبسط مما تظن.", "עטלף אבק נס דרך מזגן שהתפוצץ כי חם.",
        "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले विष्णुवतार भगवान श्रीराम।", "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน", "யாமறிந்த மொழிகளிலே தமிழ்மொழி போல் இனிதாவது எங்கும் காணோம்.",
        "We shipped v2.0.1 today 🎉🎉 — thanks @everyone!! #release", "Temperature: −12 °C … wind 30 km/h ↗", "E = mc², ∑ᵢ xᵢ ≤ ∞, ∀ε>0 ∃δ", "Order №42 costs 19,99 € (≈ $21.50).",
    ];
}
