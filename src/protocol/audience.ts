/** RFC 8707 §2 `resource` and Hydra's `audience`, as a request names them. */
export interface AskedAudience {
  readonly audience: readonly string[]
  readonly resource: readonly string[]
}

/** From the parameters of a request. Both may come several times; `audience` may hold several, separated by spaces. */
export const askedAudience = (parameters: URLSearchParams): AskedAudience => ({
  audience: parameters
    .getAll('audience')
    .flatMap((value) => value.split(' '))
    .filter((value) => value !== ''),
  resource: parameters.getAll('resource').filter((value) => value !== ''),
})

/** Whether a client that holds `held` may ask for a token for `asked`. */
export type AudienceMatch = (held: readonly string[], asked: string) => boolean

export const matchAudienceExactly: AudienceMatch = (held, asked) => held.includes(asked)

/** Hydra's match: same scheme and host, and the path asked for is the held one or lies below it. */
export const matchAudienceByPath: AudienceMatch = (held, asked) => {
  const wanted = parse(asked)
  return held.some((allowed) => {
    if (allowed === asked) return true
    const base = parse(allowed)
    return wanted !== undefined && base !== undefined && wanted.origin === base.origin && wanted.path.startsWith(base.path)
  })
}

function parse(value: string): { origin: string; path: string } | undefined {
  if (!URL.canParse(value)) return undefined
  const url = new URL(value)
  return { origin: `${url.protocol}//${url.host}`, path: `${url.pathname.replace(/\/+$/, '')}/` }
}

/** RFC 8707 §2: a resource is an absolute URI without a fragment. */
export const isResourceIndicator = (value: string): boolean => URL.canParse(value) && !value.includes('#')
