import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientNameFault, comparableName } from './client-name.ts'

const accepted = (...names: string[]) => {
  for (const name of names) assert.equal(clientNameFault(name), undefined, JSON.stringify(name))
}
const refused = (words: RegExp, ...names: string[]) => {
  for (const name of names) assert.match(clientNameFault(name) ?? '', words, JSON.stringify(name))
}

test('control, bidirectional, tag and default-ignorable code points are refused', () => {
  refused(/control/, 'a\0', 'a\nb', 'a\u007f', 'a\u2028b', '\ud800')
  refused(/control/, 'a\u202eb', 'a\u200f', '\u2066a', '\u061ca')
  refused(/control/, 'a\u{e0061}', '🏴\u{e0067}\u{e007f}', 'a\u00adb', 'a\u200bb', 'a\u3164', 'a\u115f', 'a\ufeff', 'a\u034fb', 'a\u180bb')
})

test('U+FE0F is accepted after an emoji and U+200D between emoji only', () => {
  accepted('I ❤️ notes', '👩‍💻 tools', '👩🏽‍💻', '🏳️‍🌈', '1️⃣', '👨‍👩‍👧')
  refused(/control/, 'a\ufe0f', '1\ufe0f', 'a\u200db', '👩\u200d', '\u200d👩', '👩\u200da', '❤\ufe0f\ufe0f', '❤\ufe0e')
})

test('joiners are accepted after a virama, and U+200C between joining Arabic letters (RFC 5892 A.1, A.2)', () => {
  accepted('क्\u200dष', 'क्\u200cष', 'می\u200cخواهم', 'نامه\u200cای')
  refused(/control/, 'क\u200dष', 'क\u200cष', 'د\u200cا', 'می\u200c', '\u200cمی', 'می\u200dخ', 'ی\u200cء')
})

test('more than three combining marks in a row and names of spaces only are refused', () => {
  accepted('a\u0301\u0302\u0303', 'Tiếng Việt', 'ที่นี่', ' a ')
  refused(/combining/, 'a\u0301\u0302\u0303\u0304b', `a${'\u0316'.repeat(5)}`)
  refused(/spaces/, ' ', ' \u00a0', '\u3000\u2003', '\u2800')
})

test('each word has one script, or Latin with Chinese, Japanese or Korean (UTS 39 §5.2)', () => {
  accepted(
    'Notes',
    'Заметки',
    'Яндекс Music',
    'Яндекс-Music',
    'C++ (α)',
    'Notes 2.0',
    'Café',
    'Ναι',
    '東京Notesアプリ',
    'LINEの写真',
    '한국App',
    'ㄅA漢',
  )
  accepted('हिन्दी', 'தமிழ்', 'שלום', 'العربية', 'ไทย', 'ქართული', 'አማርኛ', 'Ｎｏｔｅｓ')
  refused(/scripts/, 'Pаypal', 'Gооgle Drive', 'ρaypal', 'Аpple', 'アhangulㄅ', '한ア', 'Ｐаｙｐａｌ', 'аpple.com', 'a𝐛с')
  refused(/scripts/, 'ᏢᎪᎩᏢᎪᏞ', '𐌰𐌱')
})

test('names that differ in width or style only are the same', () => {
  assert.equal(comparableName('Ｎｏｔｅｓ'), comparableName('𝐍otes'))
  assert.notEqual(comparableName('Notes'), comparableName('notes'))
})
