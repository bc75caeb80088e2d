import { escapeHtml, page } from '../html/page.ts'
import type { Response } from '../server/response.ts'

type Json = Readonly<Record<string, unknown>>

/** An OpenAPI document as a page without scripts: every operation with its parameters and responses. */
export function referencePage(document: Json): Response {
  const { info, paths, components } = document as { info: { title: string; version: string }; paths: Json; components: { schemas: Json } }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, operation]) => operationSection(method, path, operation as Operation)),
  )
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaSection(name, schema))
  const main = [
    `<p>Version ${escapeHtml(info.version)}. As a document for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>`,
    '<h2>Operations</h2>',
    ...operations,
    '<h2>Schemas</h2>',
    ...schemas,
  ]
  return page(200, info.title, main.join('\n'))
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly { name: string; in: string; description?: string }[]
  readonly requestBody?: { readonly content: Json }
  readonly responses: Readonly<Record<string, { description: string; content?: Json }>>
}

function operationSection(method: string, path: string, operation: Operation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const takes = [
    ...parameters.map(({ name, in: place, description: text = '' }) => item(`${name} (${place})`, escapeHtml(text))),
    ...(requestBody ? [item('body', contentText(requestBody.content))] : []),
  ]
  const answers = Object.entries(responses).map(([status, answer]) =>
    item(status, `${escapeHtml(answer.description)} ${contentText(answer.content ?? {})}`),
  )
  return `<details id="${escapeHtml(operationId)}">
<summary><code>${escapeHtml(`${method.toUpperCase()} ${path}`)}</code><br>${escapeHtml(summary)}</summary>
${description === undefined ? '' : `<p>${escapeHtml(description)}</p>`}
${takes.length > 0 ? `<h3>Request</h3>\n<dl>${takes.join('\n')}</dl>` : ''}
<h3>Responses</h3>
<dl>${answers.join('\n')}</dl>
</details>`
}

const item = (term: string, markup: string): string => `<dt><code>${escapeHtml(term)}</code></dt><dd>${markup}</dd>`

const contentText = (content: Json): string =>
  Object.entries(content)
    .map(([type, media]) => `${escapeHtml(type)} ${schemaLink((media as { schema?: Json }).schema)}`)
    .join(' ')

function schemaLink(schema: Json | undefined): string {
  const name = /^#\/components\/schemas\/(\w+)$/.exec(String(schema?.$ref ?? (schema?.items as Json | undefined)?.$ref ?? ''))?.[1]
  return name === undefined ? '' : `<a href="#schema-${name}">${name}</a>`
}

function schemaSection(name: string, schema: unknown): string {
  return `<details id="schema-${escapeHtml(name)}">
<summary><code>${escapeHtml(name)}</code></summary>
<pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>
</details>`
}
