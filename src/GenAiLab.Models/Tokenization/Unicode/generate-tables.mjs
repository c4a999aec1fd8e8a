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
  for (const point of points.filter((one) => belongs.test(text(one)))) {
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
