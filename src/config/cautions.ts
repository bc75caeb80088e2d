import { type CookieKind, hydraCookieNames, obstacleToHostPrefix } from '../protocol/host-cookies.ts'
import type { Lookup } from './setting.ts'

/** Checks for settings that are allowed but not safe. Each returns a list of `<key>: <the consequence>; <what would be safer>`. */
export const cautions: readonly ((of: Lookup) => readonly string[])[] = [cookiesCanBePlanted]

/** Only for https: over http no cookie is protected, and `contradictions` allows that on loopback and under `dev` only. */
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
      `serve.cookies.${key}: prevents the prefix __Host- of the cookies, so another host of the same domain can set them in a browser and sign its user in to a session of someone else; remove this key unless you trust every such host`,
  )
}
