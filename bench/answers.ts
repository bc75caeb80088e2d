/** Reading answers, and the header fields of requests. */
import type { Answer } from './connection.ts'

export class WrongAnswer extends Error {
  override name = 'WrongAnswer'
}

export const json = 'content-type: application/json\r\n'
export const form = 'content-type: application/x-www-form-urlencoded\r\n'
export const bearer = (token: string) => `authorization: Bearer ${token}\r\n`

/** RFC 6749 §2.3.1. */
export function basic(id: string, secret: string): string {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`
  return `authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`
}

export const filled = (value: unknown): boolean => typeof value === 'string' && value !== ''

export function bodyOf(answer: Answer, status: number): Record<string, unknown> {
  check(answer, answer.status === status, `status ${status}`)
  return JSON.parse(answer.body) as Record<string, unknown>
}

export function check(answer: Answer, right: boolean, wanted: string): void {
  if (!right) throw new WrongAnswer(`wanted ${wanted}, got ${answer.status}: ${answer.body.slice(0, 300)}`)
}
