import type { Telemetry } from '../../lib/telemetry.ts'
import { errorPage } from '../html/error-page.ts'
import { hydraNoStore, json, noStore, oauthJson, type Response } from '../server/response.ts'
import type { Face } from '../server/route.ts'
import { printable } from './printable.ts'
import { sentence } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { kindOf, reasonOf, recordRefusal } from './record-refusal.ts'

/** Answers an error. The log gets the details; the caller gets a code and one sentence. */
export function answerError(error: unknown, face: Face, telemetry: Telemetry, requestId: string): Response {
  const { status, code, description, headers = {} } = problemOf(error, face)
  if (status < 500) recordRefusal(telemetry, { requestId, face, kind: kindOf(error), reason: reasonOf(error), status })
  else {
    telemetry.log('error', 'request failed', { request_id: requestId, error: details(error), status })
    telemetry.count('request_refused', { face, reason: kindOf(error) })
  }
  return writers[face](status, { error: code, error_description: printable(description) }, headers)
}

type Writer = (status: number, body: { error: string; error_description: string }, headers: Readonly<Record<string, string>>) => Response

/** The headers of Hydra's handlers that do not use its OAuth library. */
const hydraJson: Writer = (status, body, headers) => json(status, body, { 'content-type': 'application/json', ...hydraNoStore, ...headers })

const writers: Record<Face, Writer> = {
  registration: (status, body, headers) => json(status, body, { ...noStore, ...headers }),
  oauth: oauthJson,
  userinfo: hydraJson,
  admin: hydraJson,
  page: (status, body, headers) => errorPage(status, body.error_description.replace(`${sentence.invalidRequest} `, ''), headers),
  plain: (status, body, headers) => json(status, body, headers),
}

function details(error: unknown): unknown {
  return error instanceof Error
    ? { name: error.name, message: error.message, stack: error.stack, cause: String(error.cause ?? '') }
    : String(error)
}
