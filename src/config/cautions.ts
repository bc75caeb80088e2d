import { type CookieKind, hydraCookieNames, obstacleToHostPrefix } from '../protocol/host-cookies.ts'
import type { Lookup } from './setting.ts'

/** What is allowed, and less safe than it could be. Each answers `<key>: <what follows>; <what would be safer>`, as often as it applies. */
export const cautions: readonly ((of: Lookup) => readonly string[])[] = [cookiesCanBePlanted]

/** Over http no cookie is protected, and that is said elsewhere. */
function cookiesCanBePlanted(of: Lookup): readonly string[] {
  const url = of('urls.self.public') as string | undefined
  if (url === undefined || new URL(url).protocol !== 'https:') return []
  const kinds = Object.keys(hydraCookieNames) as CookieKind[]
  const names = Object.fromEntries(kinds.map((kind) => [kind, of(`serve.cookies.names.${kind}`)])) as Record<CookieKind, string>
  const choices = {
    domain: of('serve.cookies.domain') as string | undefined,
    names,
    sessionPath: of('serve.cookies.paths.session') as string,
  }
  const obstacles = new Set(kinds.map((kind) => obstacleToHostPrefix(kind, choices)).filter((key) => key !== undefined))
  return [...obstacles].map(
    (key) =>
      `serve.cookies.${key}: keeps our cookies from the prefix __Host-, so another host of the same domain can plant them in a browser and lead its user into a session that is not theirs; remove this key unless you trust every such host`,
  )
}
