// Writes unicode-tables.br, the tables behind UnicodeNormalizer and Scripts, from the Unicode data of Node.js:
//   node generate-tables.mjs
// InvariantGlobalization makes string.Normalize the identity, hence tables of our own. The reference (the Rust crate
// unicode-normalization-alignments 0.1.12) has those of Unicode 9.0: what came later is left out, since a vocabulary
// was made with the reference. The committed file was written by Node.js 20.20 with Unicode 17.0.
import { writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

// Code points that were given a decomposition or a combining class after Unicode 9.0, first and last of each range.
const later = [[2045], [2199, 2207], [2250, 2259], [2558], [3132], [3387, 3388], [3770], [5909], [6847, 6877], [6880, 6891], [7670, 7674],
  [13055], [42993, 42996], [43052], [43881], [67017], [67044], [67457, 67461], [67463, 67504], [67506, 67514], [68900, 68903], [68969, 68973],
  [69291, 69292], [69370, 69371], [69373, 69375], [69446, 69456], [69506, 69509], [69744], [70459], [70531], [70533], [70542], [70545], [70597],
  [70599, 70600], [70606, 70608], [70750], [71737, 71738], [71992], [71997, 71998], [72003], [72160], [72244], [72263], [72345], [73026],
  [73028, 73029], [73111], [73537, 73538], [90401, 90408], [90415], [93544, 93546], [94192, 94193], [117974, 118009], [122928, 122989], [123023],
  [123184, 123190], [123566], [123628, 123631], [124140, 124143], [124398, 124399], [124643], [124646], [124654, 124655], [124661], [127340],
  [130032, 130041]];
const isLater = (point) => later.some(([first, last = first]) => point >= first && point <= last);

// Code points that were given a script after Unicode 9.0: to the reference's UnicodeScripts they are in none.
const laterScript = [
  [1376], [1416], [1519], [1565], [2045, 2047], [2144, 2154], [2160, 2193], [2199, 2207], [2229], [2238, 2259], [2556, 2558], [2678], [2810,
  2815], [2901], [3076], [3132], [3164, 3165], [3191], [3204], [3292, 3293], [3315], [3328], [3332], [3387, 3388], [3457], [3718], [3721],
  [3724], [3726, 3731], [3736], [3744], [3752, 3753], [3756], [3770], [3790], [5901], [5909], [5919], [6159], [6264], [6847, 6877], [6880,
  6891], [6988], [6990, 6991], [7037, 7039], [7305, 7306], [7312, 7354], [7357, 7359], [7415], [7418], [7670, 7674], [8383, 8385], [9215],
  [9255, 9257], [11158, 11159], [11194, 11196], [11209], [11218, 11243], [11248, 11263], [11311], [11359], [11845, 11869], [12284, 12287],
  [12590, 12591], [12731, 12735], [12772, 12773], [12783], [13055], [19894, 19903], [40918, 40959], [42927], [42936, 42972], [42993, 42998],
  [43052], [43262, 43263], [43878, 43883], [64450, 64466], [64832, 64847], [64912, 64913], [64968, 64975], [65022, 65023], [65948], [66349,
  66351], [66928, 66938], [66940, 66954], [66956, 66962], [66964, 66965], [66967, 66977], [66979, 66993], [66995, 67001], [67003, 67004],
  [67008, 67059], [67456, 67461], [67463, 67504], [67506, 67514], [67904, 67929], [68148, 68149], [68168], [68864, 68903], [68912, 68921],
  [68928, 68965], [68969, 68997], [69006, 69007], [69248, 69289], [69291, 69293], [69296, 69297], [69314, 69319], [69328, 69336], [69370,
  69415], [69424, 69465], [69488, 69513], [69552, 69579], [69600, 69622], [69744, 69749], [69826], [69837], [69956, 69959], [70094, 70095],
  [70207, 70209], [70459], [70528, 70537], [70539], [70542], [70544, 70581], [70583, 70592], [70594], [70597], [70599, 70602], [70604,
  70613], [70615, 70616], [70625, 70626], [70746], [70750, 70753], [71352, 71353], [71376, 71395], [71450], [71488, 71494], [71680, 71739],
  [71936, 71942], [71945], [71948, 71955], [71957, 71958], [71960, 71989], [71991, 71992], [71995, 72006], [72016, 72025], [72096, 72103],
  [72106, 72151], [72154, 72164], [72192, 72263], [72272, 72354], [72368, 72383], [72448, 72457], [72544, 72551], [72640, 72673], [72688,
  72697], [72960, 72966], [72968, 72969], [72971, 73014], [73018], [73020, 73021], [73023, 73031], [73040, 73049], [73056, 73061], [73063,
  73064], [73066, 73102], [73104, 73105], [73107, 73112], [73120, 73129], [73136, 73179], [73184, 73193], [73440, 73464], [73472, 73488],
  [73490, 73530], [73534, 73562], [73648], [73664, 73713], [73727], [77712, 77810], [78895, 78933], [78944, 82938], [90368, 90425], [92784,
  92862], [92864, 92873], [93504, 93561], [93760, 93850], [93856, 93880], [93883, 93907], [94021, 94026], [94031], [94079, 94087], [94177,
  94180], [94192, 94198], [100333, 100351], [101107, 101589], [101631, 101662], [101760, 101874], [110576, 110579], [110581, 110587],
  [110589, 110590], [110594, 110882], [110898], [110928, 110930], [110933], [110948, 110951], [110960, 111355], [117760, 118012], [118016,
  118451], [118458, 118480], [118496, 118512], [118528, 118573], [118576, 118598], [118608, 118723], [119273, 119274], [119488, 119507],
  [119520, 119539], [119666, 119672], [122624, 122654], [122661, 122666], [122928, 122989], [123023], [123136, 123180], [123184, 123197],
  [123200, 123209], [123214, 123215], [123536, 123566], [123584, 123641], [123647], [124112, 124153], [124368, 124410], [124415], [124608,
  124638], [124640, 124661], [124670, 124671], [124896, 124902], [124904, 124907], [124909, 124910], [124912, 124926], [125259], [126065,
  126132], [126209, 126269], [127245, 127247], [127279], [127340, 127343], [127405], [127584, 127589], [128723, 128728], [128732, 128735],
  [128759, 128764], [128884, 128895], [128981, 128985], [128992, 129003], [129008], [129200, 129211], [129216, 129217], [129232, 129240],
  [129280, 129295], [129311], [129320, 129327], [129329, 129330], [129343], [129356, 129359], [129375, 129407], [129426, 129471], [129473,
  129623], [129632, 129645], [129648, 129660], [129664, 129674], [129678, 129734], [129736], [129741, 129756], [129759, 129770], [129775,
  129784], [129792, 129938], [129940, 130042], [173783, 173791], [177973, 177983], [183970, 183981], [183984, 191456], [191472, 192093],
  [196608, 201546], [201552, 210041],
];
const isLaterScript = (point) => laterScript.some(([first, last = first]) => point >= first && point <= last);

const scripts = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi
Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Common Coptic Cuneiform Cypriot Cyrillic Deseret
Devanagari Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo
Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li
Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen
Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko
Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham
SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana
Thai Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi`.split(/\s+/);

const out = [];
const number = (value) => {
  for (; value >= 0x80; value = Math.floor(value / 128)) out.push((value % 128) | 0x80);
  out.push(value);
};
const points = [];
for (let point = 0; point < 0x110000; point++) {
  if (point < 0xD800 || point > 0xDFFF) points.push(point);
}
const text = String.fromCodePoint;
const codes = (string) => [...string].map((character) => character.codePointAt(0));
const known = points.filter((point) => !isLater(point) && !(point >= 0xAC00 && point <= 0xD7A3));

// Full decompositions: canonical, then the compatible ones that differ from them.
for (const [form, base] of [['NFD', ''], ['NFKD', 'NFD']]) {
  const entries = known.map((point) => [point, text(point).normalize(form), base ? text(point).normalize(base) : text(point)])
    .filter(([, decomposed, without]) => decomposed !== without);
  number(entries.length);
  let previous = 0;
  for (const [point, decomposed] of entries) {
    number(point - previous);
    previous = point;
    const parts = codes(decomposed);
    number(parts.length);
    parts.forEach(number);
  }
}

// Combining classes, of which only the order matters: marks that change places in canonical order are of different ones.
const swaps = (first, second) => first !== second && (first + second).normalize('NFD') === second + first;
const marks = known.filter((point) => {
  const mark = text(point);
  return mark.normalize('NFD') === mark && (swaps('\u0345', mark) || point === 0x0345 || swaps(mark, '\u0334'));
});
const classes = [];
const classOf = new Map();
for (const point of marks) {
  const mark = text(point);
  let at = classes.findIndex((one) => !swaps(one, mark) && !swaps(mark, one));
  if (at < 0) {
    at = classes.findIndex((one) => swaps(one, mark));
    at = at < 0 ? classes.length : at;
    classes.splice(at, 0, mark);
  }
}
for (const point of marks) {
  classOf.set(point, 1 + classes.findIndex((one) => !swaps(one, text(point)) && !swaps(text(point), one)));
}
number(marks.length);
let previous = 0;
for (const point of marks) {
  number(point - previous);
  number(classOf.get(point));
  previous = point;
}

// Pairs that compose: what NFC leaves whole, and the two it is made of.
const pairs = known.filter((point) => text(point).normalize('NFD') !== text(point) && text(point).normalize('NFC') === text(point)).map((point) => {
  const parts = codes(text(point).normalize('NFD'));
  const [first, ...rest] = codes(text(...parts.slice(0, -1)).normalize('NFC'));
  if (rest.length > 0) throw new Error(`U+${point.toString(16)} is not made of two`);
  return [first, parts.at(-1), point];
});
number(pairs.length);
pairs.flat().forEach(number);

// Scripts: the ranges of each.
number(scripts.length);
for (const script of scripts) {
  const belongs = new RegExp(`\\p{Script=${script}}`, 'u');
  const ranges = [];
  for (const point of points.filter((one) => belongs.test(text(one)) && !isLaterScript(one))) {
    if (ranges.length > 0 && ranges.at(-1)[1] === point - 1) ranges.at(-1)[1] = point;
    else ranges.push([point, point]);
  }
  number(script.length);
  out.push(...Buffer.from(script, 'ascii'));
  number(ranges.length);
  let end = 0;
  for (const [first, last] of ranges) {
    number(first - end);
    number(last - first);
    end = last;
  }
}

const packed = brotliCompressSync(Buffer.from(out), { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 20 } });
writeFileSync(new URL('unicode-tables.br', import.meta.url), packed);
console.log(`${marks.length} marks of ${classes.length} classes, ${pairs.length} pairs, ${out.length} bytes, ${packed.length} packed; Unicode ${process.versions.unicode}`);
