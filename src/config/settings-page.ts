import { type Setting, settings } from './keys.ts'
import { type Leaf, notYetValues } from './setting.ts'

const begin = '<!-- settings:begin -->'
const end = '<!-- settings:end -->'

/** The table of every setting in Markdown, for each group. It is generated, so that it agrees with the schema. */
export function settingsPage(): string {
  return [...Map.groupBy(settings.values(), groupOf)].map(([group, members]) => table(group, members)).join('\n')
}

/** `document` with the tables between its two markers. @throws Error if a marker is missing */
export function withSettingsPage(document: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the document has no ${begin} before ${end}`)
  return `${document.slice(0, from + begin.length)}\n\n${settingsPage()}\n${document.slice(to)}`
}

/** Each listener is a group; other settings are grouped by their first word. */
function groupOf({ key }: Setting): string {
  const [first = '', second = ''] = key.split('.')
  if (first === 'serve') return second === 'public' || second === 'admin' ? `serve.${second}` : 'serve'
  return key.includes('.') ? first : 'the process'
}

function table(group: string, members: readonly Setting[]): string {
  const title = group === 'the process' ? 'The process' : `\`${group}\``
  const head = ['Setting', 'Environment variable', 'Value', 'Default', 'Change', 'Support', 'Description']
  const rows = [head, head.map(() => '---'), ...members.map(row)].map((cells) => `| ${cells.join(' | ')} |\n`)
  return `### ${title}\n\n${rows.join('')}`
}

function row({ key, variable, leaf }: Setting): string[] {
  return [`\`${key}\``, `\`${variable}\``, kindOf(leaf), defaultOf(leaf), changeOf(leaf), statusOf(leaf), leaf.description].map((cell) =>
    cell.replaceAll('|', '\\|'),
  )
}

function kindOf(shape: NonNullable<Leaf['items']>): string {
  if (shape.format === 'admin-auth') return '`none` or tokens'
  if (shape.format === 'token-hook') return 'URL, or `url` and `auth`'
  if (shape.format === 'users') return 'list of users'
  if (shape.enum) return shape.enum.map((value) => `\`${value}\``).join(' or ')
  if (shape.type === 'array') return `list${shape.items?.enum ? ` of ${kindOf(shape.items)}` : ''}`
  if (shape.format === 'duration') return 'duration'
  return { boolean: 'true or false', integer: 'number', number: 'number', string: 'text' }[shape.type ?? ''] ?? "as Hydra's"
}

function defaultOf(leaf: Leaf): string {
  if (leaf.status !== 'honoured') return '–'
  if (leaf.derived) return leaf.derived.shown
  if (leaf.required) return 'required'
  if (leaf.default === undefined) return 'unset'
  if (Array.isArray(leaf.default)) return leaf.default.length === 0 ? 'none' : leaf.default.map((item) => `\`${item}\``).join(', ')
  return leaf.default === '' ? 'empty' : `\`${leaf.default}\``
}

function changeOf(leaf: Leaf): string {
  if (leaf.status !== 'honoured') return '–'
  return leaf.live ? 'live' : 'restart'
}

function statusOf(leaf: Leaf): string {
  if (leaf.status === 'honoured')
    return leaf.notYet
      ? `supported; ${notYetValues(leaf.notYet)
          .map((value) => `\`${value}\``)
          .join(', ')} not yet`
      : 'supported'
  if (leaf.status === 'ignored') return 'accepted, needs no effect'
  if (leaf.status === 'later') return leaf.warning ? 'no effect, warns' : 'not yet, warns'
  return leaf.harmless?.length ? `refused, except ${leaf.harmless.map((value) => `\`${JSON.stringify(value)}\``).join(', ')}` : 'refused'
}
