import type { FastifyRequest } from 'fastify'
import type { Answer } from '../answer.ts'
import { type Words, wordsFor } from '../pages/words.ts'

/** @param uiLocales what the app that sent the person asked for, where it is known */
export const wordsOf = ({ headers }: FastifyRequest, uiLocales: readonly string[] = []): Words =>
  wordsFor(uiLocales, headers['accept-language'])

/** 303: whatever method brought the browser here, it goes on with GET (RFC 9700 §4.12). */
export const goOn = (address: string): Answer => ({
  status: 303,
  headers: { location: address, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
})
