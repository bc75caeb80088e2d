import type { Request } from './request.ts'

const most = 50

/**
 * The languages of a person, by preference: those of the authorization request, then those of the browser.
 *
 * @param uiLocales of the authorization request, where there is one (OpenID Connect Core §3.1.2.1)
 */
export const languagesOf = ({ headers }: Request, uiLocales: readonly string[] = []): string[] => [
  ...uiLocales.slice(0, most),
  ...byPreference(headers['accept-language'] ?? ''),
]

/** RFC 9110 §12.5.4: by weight; a weight of 0 means not acceptable. */
function byPreference(acceptLanguage: string): string[] {
  const weighed = acceptLanguage.split(',', most).map((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
    return { tag, weight: weight === undefined ? 1 : Number(weight) }
  })
  return weighed
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
