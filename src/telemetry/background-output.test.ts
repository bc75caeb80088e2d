import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { BackgroundOutput } from './background-output.ts'

const line = (at: number): string => `${JSON.stringify({ at, padding: 'ä'.repeat(at % 300) })}\n`

describe('the output of the log', () => {
  test('after a flush every line is written, complete and in order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clientele-output-'))
    const fd = openSync(join(folder, 'log'), 'a')
    const output = new BackgroundOutput(fd, () => assert.fail('a line was lost'))
    const lines = Array.from({ length: 5_000 }, (_, at) => line(at))
    for (const one of lines.slice(0, 2_500)) output.write(one)
    await output.flush()
    for (const one of lines.slice(2_500)) output.write(one)
    await Promise.all([output.flush(), output.flush()])
    assert.equal(readFileSync(join(folder, 'log'), 'utf8'), lines.join(''))
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  test('if nothing can be written, the lines are lost and counted, and nothing else happens', async () => {
    const fd = openSync('/dev/full', 'a')
    let lost = 0
    const output = new BackgroundOutput(fd, (lines) => {
      lost += lines
    })
    for (let at = 0; at < 100; at++) output.write(line(at))
    await output.flush()
    assert.equal(lost, 100)
    output.write(line(0))
    await output.flush()
    assert.equal(lost, 101)
    closeSync(fd)
  })

  test('one iteration of the event loop may produce more lines than a pipe takes at once', async () => {
    const script = `import { BackgroundOutput } from ${JSON.stringify(new URL('background-output.ts', import.meta.url).href)}
      const output = new BackgroundOutput(1, (lines) => { process.exitCode = lines })
      for (let at = 0; at < 30000; at++) output.write('x'.repeat(200) + '\\n')
      await output.flush()
      output.write('the last one, without a flush\\n')`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 0)
    assert.equal(text.length, 30_000 * 201 + 'the last one, without a flush\n'.length)
  })
})
