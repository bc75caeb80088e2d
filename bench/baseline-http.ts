/** The baseline's HTTP: bare `node:http`, with the same responses as the server. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Answer = readonly [status: number, body?: string, fields?: Record<string, string | string[]>]
export type Route = (request: IncomingMessage, text: string) => Answer | Promise<Answer>

export function listen(port: string, route: Route) {
  const answer = async (request: IncomingMessage, response: ServerResponse, text: string) => {
    const [status, body = '', fields] = await settled(route, request, text)
    const type = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }
    response.writeHead(status, status === 204 ? fields : { ...type, 'Content-Length': Buffer.byteLength(body), ...fields })
    response.end(body)
  }
  return createServer((request, response) => {
    if (request.method === 'GET' || request.method === 'DELETE') return void answer(request, response, '')
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  }).listen(Number(port), '127.0.0.1')
}

async function settled(route: Route, request: IncomingMessage, text: string): Promise<Answer> {
  try {
    return await route(request, text)
  } catch (error) {
    return [503, String(error)]
  }
}
