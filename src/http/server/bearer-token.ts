import type { Request } from './request.ts'

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1: the header only, never the query); undefined where there is none. */
export function bearerToken(request: Request): string | undefined {
  return /^bearer ([\x21-\x7e]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1]
}
